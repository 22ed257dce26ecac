package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// SecretName is the Secret that the operator makes, and no manifest holds.
const SecretName = "daesa-secrets"

// webhookPort is the only port that anybody may reach.
const webhookPort = 8080

// graceSeconds is how long a pod needs at least to end in order: a call to
// Toss takes 70 seconds at most.
const graceSeconds = 90

// Refusals says everything for which the manifests must not be applied, each
// with the object that it is about. None: they may.
func (m *Manifests) Refusals() []string {
	var found []string
	for _, pod := range m.Pods() {
		found = append(found, m.podRefusals(pod)...)
		for _, container := range pod.Containers() {
			for _, text := range containerRefusals(pod, container) {
				found = append(found, pod.Name+", container "+container.Name+": "+text)
			}
		}
	}
	found = append(found, m.scheduleRefusals()...)
	found = append(found, m.serveRefusals()...)
	return append(found, m.networkRefusals()...)
}

func containerRefusals(pod Pod, c *corev1.Container) []string {
	var found []string
	must := func(ok bool, text string) {
		if !ok {
			found = append(found, text)
		}
	}
	s := c.SecurityContext
	if s == nil {
		s = &corev1.SecurityContext{}
	}
	must(s.RunAsNonRoot == nil || *s.RunAsNonRoot, "may run as root")
	must(s.RunAsUser == nil || *s.RunAsUser > 0, "runs as root")
	must(isTrue(s.ReadOnlyRootFilesystem), "can write to its root file system")
	must(s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation, "may gain privileges")
	must(!isTrue(s.Privileged), "is privileged")
	must(s.Capabilities != nil && slices.Contains(s.Capabilities.Drop, "ALL") && len(s.Capabilities.Add) == 0, "keeps capabilities")
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		limit, request := c.Resources.Limits[name], c.Resources.Requests[name]
		must(!limit.IsZero(), "has no limit of "+string(name))
		must(!request.IsZero(), "requests no "+string(name))
	}
	must(pinned(c.Image), "has an image without a version, or latest: "+c.Image)
	for _, variable := range c.Env {
		must(variable.Value == "" || !secretVariable.MatchString(variable.Name), "has a secret written into the manifest: "+variable.Name)
	}
	tmp := volumeAt(pod.Spec, c, "/tmp")
	must(tmp != nil && tmp.EmptyDir != nil && tmp.EmptyDir.SizeLimit != nil, "has no emptyDir with a size limit at /tmp")
	return found
}

var secretVariable = regexp.MustCompile(`KEY|SECRET|PASSWORD|TOKEN|_URLS?$`)

// pinned says whether an image has a digest, or a tag that is a version.
func pinned(image string) bool {
	if strings.Contains(image, "@sha256:") {
		return true
	}
	name := image[strings.LastIndex(image, "/")+1:]
	_, tag, tagged := strings.Cut(name, ":")
	return tagged && tag != "" && tag != "latest"
}

func isTrue(b *bool) bool { return b != nil && *b }

func (m *Manifests) podRefusals(pod Pod) []string {
	var found []string
	must := func(ok bool, format string, values ...any) {
		if !ok {
			found = append(found, pod.Name+": "+fmt.Sprintf(format, values...))
		}
	}
	spec := pod.Spec
	s := spec.SecurityContext
	if s == nil {
		s = &corev1.PodSecurityContext{}
	}
	must(isTrue(s.RunAsNonRoot) && s.RunAsUser != nil && *s.RunAsUser > 0, "may run as root")
	must(s.SeccompProfile != nil && s.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault, "has no seccomp profile RuntimeDefault")
	must(spec.AutomountServiceAccountToken != nil && !*spec.AutomountServiceAccountToken, "gets a token of the cluster")
	must(slices.ContainsFunc(m.ServiceAccounts, func(a *corev1.ServiceAccount) bool {
		return a.Name == spec.ServiceAccountName && a.AutomountServiceAccountToken != nil && !*a.AutomountServiceAccountToken
	}), "has no service account of its own without a token: %q", spec.ServiceAccountName)
	must(!spec.HostNetwork && !spec.HostPID && !spec.HostIPC, "shares the node's network or processes")
	must(spec.TerminationGracePeriodSeconds != nil && *spec.TerminationGracePeriodSeconds >= graceSeconds,
		"has less than %d seconds to end in order", graceSeconds)
	for _, volume := range spec.Volumes {
		must(volume.HostPath == nil, "mounts a folder of the node: %s", volume.Name)
		must(!givesToken(volume), "mounts a token of the cluster: %s", volume.Name)
		must(volume.ConfigMap == nil || m.hasConfigMap(volume.ConfigMap.Name), "mounts a ConfigMap that is not there: %s", volume.Name)
		must(volume.PersistentVolumeClaim == nil || m.claim(volume) != nil, "mounts a claim that is not there: %s", volume.Name)
		if claim := m.claim(volume); claim != nil && pod.Copies > 1 {
			must(slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteMany), "has %d copies, and claim %s is for one", pod.Copies, claim.Name)
		}
	}
	return append(found, m.embeddedRefusals(pod)...)
}

func givesToken(v corev1.Volume) bool {
	return v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool {
		return s.ServiceAccountToken != nil
	})
}

func (m *Manifests) hasConfigMap(name string) bool {
	return slices.ContainsFunc(m.ConfigMaps, func(c *corev1.ConfigMap) bool { return c.Name == name })
}

func (m *Manifests) claim(v corev1.Volume) *corev1.PersistentVolumeClaim {
	if v.PersistentVolumeClaim == nil {
		return nil
	}
	for _, claim := range m.Claims {
		if claim.Name == v.PersistentVolumeClaim.ClaimName {
			return claim
		}
	}
	return nil
}

// volumeAt gives the volume in which a container finds a path; nil for its
// root file system.
func volumeAt(spec *corev1.PodSpec, c *corev1.Container, path string) *corev1.Volume {
	var name, longest string
	for _, mount := range c.VolumeMounts {
		at := strings.TrimRight(mount.MountPath, "/")
		if (path == at || strings.HasPrefix(path, at+"/")) && len(at) >= len(longest) {
			name, longest = mount.Name, at
		}
	}
	for i := range spec.Volumes {
		if name != "" && spec.Volumes[i].Name == name {
			return &spec.Volumes[i]
		}
	}
	return nil
}

func (m *Manifests) scheduleRefusals() []string {
	var found []string
	must := func(ok bool, name, text string) {
		if !ok {
			found = append(found, name+": "+text)
		}
	}
	for _, c := range m.CronJobs {
		name := "CronJob " + c.Name
		must(c.Spec.TimeZone != nil && *c.Spec.TimeZone == "Asia/Seoul", name, "is not in the time zone Asia/Seoul")
		must(CheckSchedule(c.Spec.Schedule) == nil, name, fmt.Sprint(CheckSchedule(c.Spec.Schedule)))
		must(c.Spec.ConcurrencyPolicy == "Forbid", name, "lets its runs pile up: concurrencyPolicy is not Forbid")
		must(c.Spec.StartingDeadlineSeconds != nil && *c.Spec.StartingDeadlineSeconds >= 60, name, "has no startingDeadlineSeconds of a minute or more")
		must(c.Spec.SuccessfulJobsHistoryLimit != nil && c.Spec.FailedJobsHistoryLimit != nil, name, "has no history limits")
		must(c.Spec.JobTemplate.Spec.TTLSecondsAfterFinished != nil, name, "keeps its pods for ever")
		must(c.Spec.JobTemplate.Spec.ActiveDeadlineSeconds != nil, name, "may run for ever")
		must(c.Spec.JobTemplate.Spec.BackoffLimit != nil && *c.Spec.JobTemplate.Spec.BackoffLimit <= 3, name, "is tried again more than three times")
		must(c.Spec.JobTemplate.Spec.Template.Spec.RestartPolicy == corev1.RestartPolicyNever, name, "restarts its containers by itself")
	}
	for _, j := range m.Jobs {
		name := "Job " + j.Name
		must(j.Spec.TTLSecondsAfterFinished != nil, name, "keeps its pods for ever")
		must(j.Spec.ActiveDeadlineSeconds != nil, name, "may run for ever")
		tries := j.Spec.BackoffLimit
		if j.Spec.BackoffLimitPerIndex != nil { // then the other counts all parts together
			tries = j.Spec.BackoffLimitPerIndex
		}
		must(tries != nil && *tries <= 3, name, "is tried again more than three times")
	}
	return found
}

func (m *Manifests) serveRefusals() []string {
	var found []string
	must := func(ok bool, name, text string) {
		if !ok {
			found = append(found, name+": "+text)
		}
	}
	for _, d := range m.Deployments {
		name, c := "Deployment "+d.Name, d.Spec.Template.Spec.Containers[0]
		must(c.StartupProbe != nil && c.LivenessProbe != nil && c.ReadinessProbe != nil, name, "has no startup, liveness or readiness probe")
		must(matches(d.Spec.Selector, d.Spec.Template.Labels), name, "does not select its own pods")
		must(*d.Spec.Replicas < 2 || len(d.Spec.Template.Spec.TopologySpreadConstraints) > 0, name, "may have all copies on one node")
		must(*d.Spec.Replicas < 2 || slices.ContainsFunc(m.Budgets, func(b *policyv1.PodDisruptionBudget) bool {
			return matches(b.Spec.Selector, d.Spec.Template.Labels) && b.Spec.MinAvailable != nil && b.Spec.MinAvailable.IntValue() < int(*d.Spec.Replicas)
		}), name, "has no disruption budget that leaves one copy, and lets one go")
	}
	for _, i := range m.Ingresses {
		for _, problem := range m.ingressProblems(i) {
			found = append(found, "Ingress "+i.Name+": "+problem)
		}
	}
	for _, s := range m.Monitors {
		must(m.readsAService(s), "ServiceMonitor "+s.Name, "finds no Service with its port")
	}
	for _, s := range m.Services {
		must(slices.ContainsFunc(m.Pods(), func(p Pod) bool {
			return labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(p.Labels)) && p.opens(s.Spec.Ports[0].TargetPort.String())
		}), "Service "+s.Name, "finds no pod with its port")
	}
	return found
}

// private are the pages of `daesa serve` about itself, on the webhook's port.
var private = []string{"/metrics", "/readyz", "/healthz"}

// ingressProblems are the ways in which an Ingress opens more than the path
// that is registered at Toss, or leads nowhere.
func (m *Manifests) ingressProblems(i *networkingv1.Ingress) []string {
	var found []string
	if len(i.Spec.TLS) == 0 {
		found = append(found, "ends no TLS, and Toss calls over HTTPS only")
	}
	if i.Spec.DefaultBackend != nil {
		found = append(found, "opens every path")
	}
	for _, rule := range i.Spec.Rules {
		for _, path := range rule.HTTP.Paths {
			if slices.ContainsFunc(private, func(page string) bool { return opensPath(path, page) }) {
				found = append(found, "opens the pages about itself to everybody: "+path.Path)
			}
			if path.Backend.Service == nil || !m.hasPort(path.Backend.Service.Name, path.Backend.Service.Port.Name) {
				found = append(found, "leads to no Service with that port")
			}
		}
	}
	return found
}

func opensPath(path networkingv1.HTTPIngressPath, page string) bool {
	if path.PathType != nil && *path.PathType == networkingv1.PathTypeExact {
		return path.Path == page
	}
	return path.Path == page || strings.HasPrefix(page, strings.TrimSuffix(path.Path, "/")+"/")
}

func (m *Manifests) hasPort(service, port string) bool {
	return slices.ContainsFunc(m.Services, func(s *corev1.Service) bool {
		return s.Name == service && slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == port })
	})
}

func (m *Manifests) readsAService(monitor *monitoringv1.ServiceMonitor) bool {
	return slices.ContainsFunc(m.Services, func(s *corev1.Service) bool {
		return matches(&monitor.Spec.Selector, s.Labels) && !slices.ContainsFunc(monitor.Spec.Endpoints, func(e monitoringv1.Endpoint) bool {
			return !m.hasPort(s.Name, e.Port)
		})
	})
}

// opens says whether a container of the pod has a port of that name.
func (p Pod) opens(port string) bool {
	return slices.ContainsFunc(p.Containers(), func(c *corev1.Container) bool {
		return slices.ContainsFunc(c.Ports, func(open corev1.ContainerPort) bool { return open.Name == port })
	})
}

func matches(selector *metav1.LabelSelector, set map[string]string) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(set))
}

func (m *Manifests) networkRefusals() []string {
	var found []string
	denied := slices.ContainsFunc(m.Policies, func(p *networkingv1.NetworkPolicy) bool {
		return len(p.Spec.PodSelector.MatchLabels)+len(p.Spec.PodSelector.MatchExpressions) == 0 && len(p.Spec.PolicyTypes) == 2 &&
			len(p.Spec.Ingress)+len(p.Spec.Egress) == 0
	})
	if !denied {
		found = append(found, "no NetworkPolicy denies what the others do not allow")
	}
	for _, p := range m.Policies {
		name := "NetworkPolicy " + p.Name
		for _, rule := range p.Spec.Ingress {
			for _, port := range rule.Ports {
				if port.Port == nil || port.Port.IntValue() != webhookPort || port.EndPort != nil {
					found = append(found, name+": opens another port than the webhook's")
				}
			}
			if len(rule.Ports) == 0 {
				found = append(found, name+": opens every port")
			}
		}
		for _, rule := range p.Spec.Egress {
			if len(rule.To) == 0 || len(rule.Ports) == 0 {
				found = append(found, name+": lets pods go anywhere")
			}
		}
	}
	for _, pod := range m.Pods() {
		if !slices.ContainsFunc(m.Policies, func(p *networkingv1.NetworkPolicy) bool {
			return len(p.Spec.Egress) > 0 && matches(&p.Spec.PodSelector, pod.Labels)
		}) {
			found = append(found, pod.Name+": no NetworkPolicy lets it reach its database and Toss")
		}
	}
	return found
}
