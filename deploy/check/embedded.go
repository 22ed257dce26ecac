package check

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// embeddedRefusals refuses an embedded database on anything but the pod's own
// node: SQLite's locks do not hold on a network volume, and two pods that
// believe that they hold one would damage the file.
func (m *Manifests) embeddedRefusals(pod Pod) []string {
	var found []string
	for _, c := range pod.Containers() {
		url := m.databaseURL(pod, c)
		file, embedded := strings.CutPrefix(url, "sqlite:")
		if !embedded {
			continue
		}
		if pod.Copies > 1 {
			found = append(found, pod.Name+": has several copies with an embedded database, each its own: use PostgreSQL")
		}
		file, _, _ = strings.Cut(strings.TrimPrefix(file, "//"), "?")
		if !path.IsAbs(file) {
			file = path.Join(path.Dir(configPath(c)), file)
		}
		if volume := volumeAt(pod.Spec, c, file); volume == nil || volume.EmptyDir == nil {
			found = append(found, pod.Name+": has an embedded database that is not in an emptyDir of the pod: SQLite does not belong on a network volume, use PostgreSQL")
		}
	}
	return found
}

func configPath(c *corev1.Container) string {
	for _, variable := range c.Env {
		if variable.Name == "DAESA_CONFIG" {
			return variable.Value
		}
	}
	return ""
}

// databaseURL gives the address that a container of daesa would open, as far
// as the manifests say: its environment wins over the Secret, and that over
// the configuration. "" where it reads no configuration.
func (m *Manifests) databaseURL(pod Pod, c *corev1.Container) string {
	for _, variable := range c.Env {
		if variable.Name == "DAESA_DATABASE_URL" && variable.Value != "" {
			return variable.Value
		}
	}
	for _, secret := range m.Secrets {
		if url := string(secret.Data["DAESA_DATABASE_URL"]) + secret.StringData["DAESA_DATABASE_URL"]; url != "" {
			return url
		}
	}
	if configPath(c) == "" {
		return ""
	}
	volume := volumeAt(pod.Spec, c, configPath(c))
	if volume == nil || volume.ConfigMap == nil {
		return ""
	}
	for _, each := range m.ConfigMaps {
		if each.Name == volume.ConfigMap.Name {
			return configuredURL(each.Data[path.Base(configPath(c))])
		}
	}
	return ""
}

// configuredURL reads database.url; a file that does not give it has the
// embedded database beside it.
func configuredURL(text string) string {
	var file struct {
		Database struct {
			URL string `json:"url"`
		} `json:"database"`
	}
	if yaml.Unmarshal([]byte(text), &file) != nil || file.Database.URL == "" {
		return "sqlite:daesa.db"
	}
	return file.Database.URL
}
