// Package check looks at everything in deploy/ before a cluster or a machine
// does: it builds the Kubernetes manifests, decodes them strictly into the
// types of the Kubernetes API, and says what must not be installed. It is a
// module of its own, so that daesa itself depends on none of this.
package check

import (
	"fmt"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Manifests are the objects of one overlay, by kind.
type Manifests struct {
	Namespaces      []*corev1.Namespace
	ServiceAccounts []*corev1.ServiceAccount
	ConfigMaps      []*corev1.ConfigMap
	Secrets         []*corev1.Secret
	Claims          []*corev1.PersistentVolumeClaim
	Services        []*corev1.Service
	CronJobs        []*batchv1.CronJob
	Jobs            []*batchv1.Job
	Deployments     []*appsv1.Deployment
	Budgets         []*policyv1.PodDisruptionBudget
	Policies        []*networkingv1.NetworkPolicy
	Ingresses       []*networkingv1.Ingress
	Monitors        []*monitoringv1.ServiceMonitor
}

// Build runs kustomize in a folder. A kind that is not in Manifests, and a
// field that the Kubernetes API does not have, are errors.
func Build(folder string) (*Manifests, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	m := &Manifests{}
	for _, resource := range built.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			return nil, err
		}
		if err := m.add(resource.GetApiVersion()+" "+resource.GetKind(), text); err != nil {
			return nil, fmt.Errorf("%s %s: %w", resource.GetKind(), resource.GetName(), err)
		}
	}
	return m, nil
}

func (m *Manifests) add(kind string, text []byte) error {
	switch kind {
	case "v1 Namespace":
		return decode(text, &m.Namespaces)
	case "v1 ServiceAccount":
		return decode(text, &m.ServiceAccounts)
	case "v1 ConfigMap":
		return decode(text, &m.ConfigMaps)
	case "v1 Secret":
		return decode(text, &m.Secrets)
	case "v1 PersistentVolumeClaim":
		return decode(text, &m.Claims)
	case "v1 Service":
		return decode(text, &m.Services)
	case "batch/v1 CronJob":
		return decode(text, &m.CronJobs)
	case "batch/v1 Job":
		return decode(text, &m.Jobs)
	case "apps/v1 Deployment":
		return decode(text, &m.Deployments)
	case "policy/v1 PodDisruptionBudget":
		return decode(text, &m.Budgets)
	case "networking.k8s.io/v1 NetworkPolicy":
		return decode(text, &m.Policies)
	case "networking.k8s.io/v1 Ingress":
		return decode(text, &m.Ingresses)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		return decode(text, &m.Monitors)
	}
	return fmt.Errorf("%s is a kind that is not checked: add it to this package, or leave it out", kind)
}

func decode[T any](text []byte, list *[]*T) error {
	object := new(T)
	if err := yaml.UnmarshalStrict(text, object); err != nil {
		return err
	}
	*list = append(*list, object)
	return nil
}

// Pod is what a workload makes pods from.
type Pod struct {
	// Name is kind and name of the workload, such as "CronJob daesa-nightly".
	Name   string
	Labels map[string]string
	Spec   *corev1.PodSpec
	// Copies is how many run at once.
	Copies int32
}

// Pods lists the pods of every workload. What it gives points into the
// manifests.
func (m *Manifests) Pods() []Pod {
	var pods []Pod
	add := func(kind string, meta metav1.ObjectMeta, template *corev1.PodTemplateSpec, copies int32) {
		pods = append(pods, Pod{kind + " " + meta.Name, template.Labels, &template.Spec, copies})
	}
	for _, c := range m.CronJobs {
		add("CronJob", c.ObjectMeta, &c.Spec.JobTemplate.Spec.Template, 1)
	}
	for _, j := range m.Jobs {
		add("Job", j.ObjectMeta, &j.Spec.Template, 1)
	}
	for _, d := range m.Deployments {
		copies := int32(1)
		if d.Spec.Replicas != nil {
			copies = *d.Spec.Replicas
		}
		add("Deployment", d.ObjectMeta, &d.Spec.Template, copies)
	}
	return pods
}

// Containers lists a pod's containers, those that begin first included.
func (p Pod) Containers() []*corev1.Container {
	var list []*corev1.Container
	for i := range p.Spec.InitContainers {
		list = append(list, &p.Spec.InitContainers[i])
	}
	for i := range p.Spec.Containers {
		list = append(list, &p.Spec.Containers[i])
	}
	return list
}
