package check

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const example = "../kubernetes/overlays/example-with-placeholder-secrets"

func TestEveryOverlayMayBeApplied(t *testing.T) {
	for _, overlay := range overlays(t) {
		t.Run(filepath.Base(overlay), func(t *testing.T) {
			m := build(t, overlay)
			for _, text := range m.Refusals() {
				t.Error(text)
			}
			if len(m.Pods()) == 0 {
				t.Error("the overlay runs nothing")
			}
		})
	}
}

func TestEveryContainerRunsACommandThatExists(t *testing.T) {
	for _, overlay := range overlays(t) {
		t.Run(filepath.Base(overlay), func(t *testing.T) {
			for _, pod := range build(t, overlay).Pods() {
				for _, c := range pod.Containers() {
					if !strings.Contains(c.Image, "/daesa:") {
						continue
					}
					if len(c.Command) > 0 {
						t.Errorf("%s: sets command; the image's entry point is daesa, and it has no shell", pod.Name)
					}
					mustBeCommand(t, c.Args)
				}
			}
		})
	}
}

// The whole configuration is checked before the database is opened, and the
// database does not answer here: so 1 means that the file was taken, and 2
// that it was not.
func TestEveryConfigurationPassesDaesasOwnCheck(t *testing.T) {
	secrets := map[string][]byte{}
	for _, secret := range build(t, example).Secrets {
		secrets = secret.Data
	}
	for _, overlay := range overlays(t) {
		t.Run(filepath.Base(overlay), func(t *testing.T) {
			m := build(t, overlay)
			if len(m.Secrets) > 0 {
				secrets = m.Secrets[0].Data
			}
			text := configuration(t, m)
			if code, said := load(t, text, secrets); code != 1 || !strings.Contains(said, "refused") {
				t.Errorf("ended with %d:\n%s", code, said)
			}
			if code, said := load(t, text+"\nrefund: {}\n", secrets); code != 2 || !strings.Contains(said, "refund") {
				t.Errorf("a key that does not exist: ended with %d:\n%s", code, said)
			}
		})
	}
}

// configuration is the one daesa.yaml of an overlay.
func configuration(t *testing.T, m *Manifests) string {
	t.Helper()
	var texts []string
	for _, c := range m.ConfigMaps {
		if text, ok := c.Data["daesa.yaml"]; ok {
			texts = append(texts, text)
		}
	}
	if len(texts) != 1 {
		t.Fatalf("%d ConfigMaps have a daesa.yaml, want one", len(texts))
	}
	return texts[0]
}

// load runs a night with a configuration, a pod's secrets, and a database that
// refuses the connection.
func load(t *testing.T, text string, secrets map[string][]byte) (code int, said string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "daesa.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(daesa, "nightly", "--config", file)
	for name, value := range secrets {
		cmd.Env = append(cmd.Env, name+"="+string(value))
	}
	cmd.Env = append(cmd.Env, "DAESA_DATABASE_URL=postgres://daesa@127.0.0.1:1/daesa")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("a night without a database ended well:\n%s", out)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// Deadlines are warned of by the configuration's schedule, so it must be the
// one that the CronJobs keep.
func TestCronJobsKeepTheConfigurationsSchedule(t *testing.T) {
	m := build(t, "../kubernetes/overlays/cronjobs")
	for _, c := range m.CronJobs {
		name := strings.ReplaceAll(strings.TrimPrefix(c.Name, "daesa-"), "-", "_")
		line := name + `: "` + c.Spec.Schedule + `"`
		if name != "purge" && !strings.Contains(m.ConfigMaps[0].Data["daesa.yaml"], line) {
			t.Errorf("daesa.yaml does not have the schedule of CronJob %s: %s", c.Name, line)
		}
	}
}

// The parts of a back-fill are told apart by nothing but their index.
func TestABackFillIsCutByItsIndex(t *testing.T) {
	jobs := build(t, "../kubernetes/overlays/backfill").Jobs
	if len(jobs) != 1 {
		t.Fatalf("the back-fill has %d Jobs, want one", len(jobs))
	}
	spec := jobs[0].Spec
	args := spec.Template.Spec.Containers[0].Args
	if spec.CompletionMode == nil || string(*spec.CompletionMode) != "Indexed" || spec.Completions == nil || *spec.Completions < 2 ||
		!slices.Equal(args[5:7], []string{"--part", "$(JOB_COMPLETION_INDEX)"}) {
		t.Errorf("mode %v, completions %v, daesa %v", spec.CompletionMode, spec.Completions, args)
	}
}

// A dashboard shows what there is: each metric that it asks for is one that
// docs/metrics.md explains, and each that stands there out of the database is shown.
func TestTheDashboardShowsTheMetricsThatThereAre(t *testing.T) {
	var text string
	for _, c := range build(t, "../kubernetes/overlays/serve-public").ConfigMaps {
		if c.Labels["grafana_dashboard"] == "1" {
			text = c.Data["daesa.json"]
		}
	}
	var board struct {
		Panels []struct {
			Title, Description string
			Targets            []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(text), &board); err != nil || len(board.Panels) < 8 {
		t.Fatalf("the dashboard has %d panels: %v", len(board.Panels), err)
	}
	docs, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	name, shown := regexp.MustCompile(`daesa_[a-z_]+`), map[string]bool{}
	for _, panel := range board.Panels {
		if panel.Description == "" || len(panel.Targets) == 0 {
			t.Errorf("panel %q explains or shows nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			for _, metric := range name.FindAllString(target.Expr, -1) {
				shown[strings.TrimSuffix(metric, "_bucket")] = true
			}
		}
	}
	for metric := range shown {
		if !strings.Contains(string(docs), "`"+metric+"`") {
			t.Errorf("%s is no metric of daesa's", metric)
		}
	}
	for _, metric := range []string{"daesa_night_last_complete_timestamp_seconds", "daesa_breaks_open", "daesa_refunds", "daesa_refund_accounts", "daesa_refunds_paused"} {
		if !shown[metric] {
			t.Errorf("%s is not shown", metric)
		}
	}
}

func TestOnlyTheOverlaysThatSayItHoldSecrets(t *testing.T) {
	for _, overlay := range overlays(t) {
		m, name := build(t, overlay), filepath.Base(overlay)
		if says := name == "dev" || strings.Contains(name, "placeholder"); says != (len(m.Secrets) > 0) {
			t.Errorf("%s: %d Secrets", name, len(m.Secrets))
		}
	}
}

// Each rule is shown something that it must refuse.
func TestWhatIsRefused(t *testing.T) {
	yes := true
	deployment := func(m *Manifests) *corev1.PodSpec { return &m.Deployments[0].Spec.Template.Spec }
	container := func(m *Manifests) *corev1.Container { return &deployment(m).Containers[0] }
	onClaim := func(m *Manifests) {
		m.ConfigMaps[0].Data["daesa.yaml"] = "database: {url: 'sqlite:/var/lib/daesa/daesa.db'}"
		m.Secrets = nil
	}
	for want, spoil := range map[string]func(m *Manifests){
		"runs as root":                  func(m *Manifests) { root := int64(0); container(m).SecurityContext.RunAsUser = &root },
		"may run as root":               func(m *Manifests) { deployment(m).SecurityContext.RunAsNonRoot = nil },
		"write to its root file system": func(m *Manifests) { container(m).SecurityContext.ReadOnlyRootFilesystem = nil },
		"may gain privileges":           func(m *Manifests) { container(m).SecurityContext.AllowPrivilegeEscalation = &yes },
		"is privileged":                 func(m *Manifests) { container(m).SecurityContext.Privileged = &yes },
		"keeps capabilities":            func(m *Manifests) { container(m).SecurityContext.Capabilities.Drop = nil },
		"has no limit of memory":        func(m *Manifests) { delete(container(m).Resources.Limits, corev1.ResourceMemory) },
		"requests no cpu":               func(m *Manifests) { container(m).Resources.Requests[corev1.ResourceCPU] = resource.Quantity{} },
		"or latest: daesa:latest":       func(m *Manifests) { container(m).Image = "daesa:latest" },
		"or latest: host:5000/daesa":    func(m *Manifests) { container(m).Image = "host:5000/daesa" },
		"secret written into the manifest: TOSS_SECRET_KEY": func(m *Manifests) {
			container(m).Env = append(container(m).Env, corev1.EnvVar{Name: "TOSS_SECRET_KEY", Value: "x"})
		},
		"no emptyDir with a size limit at /tmp": func(m *Manifests) { container(m).VolumeMounts = container(m).VolumeMounts[:2] },
		"has no seccomp profile":                func(m *Manifests) { deployment(m).SecurityContext.SeccompProfile = nil },
		"gets a token of the cluster":           func(m *Manifests) { deployment(m).AutomountServiceAccountToken = nil },
		"mounts a token of the cluster": func(m *Manifests) {
			token := corev1.VolumeProjection{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{}}
			deployment(m).Volumes[0].Projected = &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{token}}
		},
		"no service account of its own":       func(m *Manifests) { deployment(m).ServiceAccountName = "default" },
		"shares the node's network":           func(m *Manifests) { deployment(m).HostNetwork = true },
		"less than 90 seconds":                func(m *Manifests) { deployment(m).TerminationGracePeriodSeconds = nil },
		"mounts a folder of the node":         func(m *Manifests) { deployment(m).Volumes[0].HostPath = &corev1.HostPathVolumeSource{} },
		"mounts a ConfigMap that is not":      func(m *Manifests) { m.ConfigMaps = nil },
		"mounts a claim that is not there":    func(m *Manifests) { m.Claims = nil },
		"2 copies, and claim":                 func(m *Manifests) { deployment(m).Volumes[1].VolumeSource = claimed },
		"an embedded database, each its own":  onClaim,
		"use PostgreSQL":                      onClaim,
		"embedded database that is not in an": func(m *Manifests) { m.Secrets[0].Data["DAESA_DATABASE_URL"] = []byte("sqlite:daesa.db") },
		"not in the time zone Asia/Seoul":     func(m *Manifests) { m.CronJobs[0].Spec.TimeZone = nil },
		"the minute is":                       func(m *Manifests) { m.CronJobs[0].Spec.Schedule = "60 1 * * *" },
		"pile up":                             func(m *Manifests) { m.CronJobs[0].Spec.ConcurrencyPolicy = "Allow" },
		"no startingDeadlineSeconds":          func(m *Manifests) { m.CronJobs[0].Spec.StartingDeadlineSeconds = nil },
		"no history limits":                   func(m *Manifests) { m.CronJobs[0].Spec.FailedJobsHistoryLimit = nil },
		"keeps its pods for ever":             func(m *Manifests) { m.Jobs[0].Spec.TTLSecondsAfterFinished = nil },
		"may run for ever":                    func(m *Manifests) { m.CronJobs[0].Spec.JobTemplate.Spec.ActiveDeadlineSeconds = nil },
		"more than three times":               func(m *Manifests) { m.CronJobs[0].Spec.JobTemplate.Spec.BackoffLimit = nil },
		"restarts its containers by itself": func(m *Manifests) {
			m.CronJobs[0].Spec.JobTemplate.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
		},
		"readiness probe":          func(m *Manifests) { container(m).ReadinessProbe = nil },
		"does not select its own":  func(m *Manifests) { m.Deployments[0].Spec.Template.Labels = nil },
		"all copies on one node":   func(m *Manifests) { deployment(m).TopologySpreadConstraints = nil },
		"no disruption budget":     func(m *Manifests) { all := intstr.FromInt32(2); m.Budgets[0].Spec.MinAvailable = &all },
		"finds no pod":             func(m *Manifests) { m.Services[0].Spec.Ports[0].TargetPort = intstr.FromString("http") },
		"no NetworkPolicy denies":  func(m *Manifests) { m.Policies = without(m.Policies, "default-deny") },
		"ends no TLS":              func(m *Manifests) { m.Ingresses = public(t); m.Ingresses[0].Spec.TLS = nil },
		"pages about itself":       func(m *Manifests) { m.Ingresses = public(t); ingressPath(m).Path, ingressPath(m).PathType = "/", nil },
		"leads to no Service":      func(m *Manifests) { m.Ingresses = public(t); m.Services = nil },
		"with its port":            func(m *Manifests) { m.Monitors[0].Spec.Endpoints[0].Port = "metrics" },
		"another port":             func(m *Manifests) { ingress(m).Ports[0].Port.IntVal = 9090 },
		"opens every port":         func(m *Manifests) { ingress(m).Ports = nil },
		"lets pods go anywhere":    func(m *Manifests) { egress(m).To = nil },
		"no NetworkPolicy lets it": func(m *Manifests) { m.Policies = without(m.Policies, "daesa-egress") },
	} {
		m := build(t, example)
		m.Monitors = build(t, "../kubernetes/overlays/serve-public").Monitors
		spoil(m)
		if !slices.ContainsFunc(m.Refusals(), func(text string) bool { return strings.Contains(text, want) }) {
			t.Errorf("nothing says %q; there was %q", want, m.Refusals())
		}
	}
}

var claimed = corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "daesa-reports"}}

func without(list []*networkingv1.NetworkPolicy, name string) []*networkingv1.NetworkPolicy {
	return slices.DeleteFunc(list, func(p *networkingv1.NetworkPolicy) bool { return p.Name == name })
}

func public(t *testing.T) []*networkingv1.Ingress {
	t.Helper()
	return build(t, "../kubernetes/overlays/serve-public").Ingresses
}

func ingressPath(m *Manifests) *networkingv1.HTTPIngressPath {
	return &m.Ingresses[0].Spec.Rules[0].HTTP.Paths[0]
}

func ingress(m *Manifests) *networkingv1.NetworkPolicyIngressRule {
	i := slices.IndexFunc(m.Policies, func(p *networkingv1.NetworkPolicy) bool { return len(p.Spec.Ingress) > 0 })
	return &m.Policies[i].Spec.Ingress[0]
}

func egress(m *Manifests) *networkingv1.NetworkPolicyEgressRule {
	i := slices.IndexFunc(m.Policies, func(p *networkingv1.NetworkPolicy) bool { return len(p.Spec.Egress) > 0 })
	return &m.Policies[i].Spec.Egress[0]
}

func TestAFieldThatTheClusterDoesNotHaveIsAnError(t *testing.T) {
	m := &Manifests{}
	text := "apiVersion: batch/v1\nkind: CronJob\nspec: {shedule: x}\n"
	if err := m.add("batch/v1 CronJob", []byte(text)); err == nil || !strings.Contains(err.Error(), "shedule") {
		t.Errorf("a misspelt field: %v", err)
	}
	if err := m.add("v1 Pod", []byte("kind: Pod")); err == nil {
		t.Error("a kind that is not checked is taken")
	}
}
