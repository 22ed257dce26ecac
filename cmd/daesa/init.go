package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/config"
	"daesa/internal/wholefile"
)

// initDocument is the JSON of `init`.
type initDocument struct {
	Dir     string   `json:"dir"`
	Written []string `json:"written"`
	Kept    []string `json:"kept"` // they were there, and were not touched
	ending
}

func (a *invocation) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write daesa.yaml and account.key into DIR, each unless it is there",
		Long: "Writes DIR/daesa.yaml, in which every key is explained, and DIR/account.key, which seals refund\n" +
			"accounts. What is there already is left as it is. --config is ignored.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, dirs []string) error {
			dir := "."
			if len(dirs) > 0 {
				dir = dirs[0]
			}
			return a.initialise(dir)
		},
	}
}

func (a *invocation) initialise(dir string) error {
	if dir == "" {
		return usage(errors.New("init: the folder has no name"), "daesa init writes into this folder, daesa init DIR into another")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return failed("choose a folder that this user may write into", "init: %w", err)
	}
	document := initDocument{Dir: dir, Written: []string{}, Kept: []string{}, ending: a.ending()}
	settings, key := filepath.Join(dir, "daesa.yaml"), filepath.Join(dir, "account.key")
	for _, file := range []struct {
		path  string
		write func(path string) error
	}{{settings, writeTemplate}, {key, app.WriteKey}} {
		err := file.write(file.path)
		switch {
		case err == nil:
			document.Written = append(document.Written, file.path)
		case errors.Is(err, fs.ErrExist):
			document.Kept = append(document.Kept, file.path)
		default:
			return failed("nothing that was there has changed; run daesa init again once the folder can be written", "init: %w", err)
		}
	}
	if a.json {
		return a.printJSON(document)
	}
	for _, path := range document.Written {
		a.printf("wrote %s\n", path)
	}
	for _, path := range document.Kept {
		a.printf("kept  %s (it was there)\n", path)
	}
	a.printf("\nNext:\n"+
		"  1. write your merchant id (MID) into %s\n"+
		"  2. export TOSS_SECRET_KEY=... with the secret key of that merchant\n"+
		"  3. copy %s to a safe place: without it sealed refund accounts are lost\n"+
		"  4. daesa doctor --config %s\n", settings, key, settings)
	return nil
}

// writeTemplate writes a new daesa.yaml, whole or not at all. The error is
// fs.ErrExist where one is there.
func writeTemplate(path string) error {
	err := wholefile.New(path, config.Template(config.TemplateValues{}))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", path, err)
	}
	return err
}
