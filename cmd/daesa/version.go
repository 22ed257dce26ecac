package main

import (
	"cmp"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionDocument is the JSON of `version`.
type versionDocument struct {
	Version   string  `json:"version"`
	Commit    *string `json:"commit"`   // null: built outside a repository
	Modified  bool    `json:"modified"` // built with changes that the commit lacks
	GoVersion string  `json:"go_version"`
	ending
}

func (a *invocation) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Version, commit and Go version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{}
			}
			return a.printVersion(info)
		},
	}
}

func (a *invocation) printVersion(info *debug.BuildInfo) error {
	document := versionDocument{Version: cmp.Or(info.Main.Version, "(devel)"), GoVersion: cmp.Or(info.GoVersion, "unknown"), ending: a.ending()}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			document.Commit = orNull(setting.Value)
		case "vcs.modified":
			document.Modified = setting.Value == "true"
		}
	}
	if a.json {
		return a.printJSON(document)
	}
	commit := "unknown"
	if document.Commit != nil {
		commit = *document.Commit
	}
	if document.Modified {
		commit += " (modified)"
	}
	a.printf("daesa %s\ncommit %s\n%s\n", document.Version, commit, document.GoVersion)
	return nil
}
