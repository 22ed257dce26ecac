package browser

import (
	"bytes"
	"embed"
	"net/http"
)

//go:embed scripts/*.js
var scripts embed.FS

//go:embed assets/*
var assets embed.FS

// The scripts that a shop's page loads.
var (
	v1Widget = mustJoin("common.js", "frames.js", "v1-widget.js")
	v1Window = mustJoin("common.js", "v1-window.js")
	v2       = mustJoin("common.js", "frames.js", "v2-widgets.js", "v2.js")
)

// mustJoin makes one script of several files, which share their names and leave
// none behind.
func mustJoin(files ...string) []byte {
	var out bytes.Buffer
	out.WriteString("(function () {\n'use strict';\n")
	for _, file := range files {
		text, err := scripts.ReadFile("scripts/" + file)
		if err != nil {
			panic(err)
		}
		out.Write(text)
	}
	out.WriteString("})();\n")
	return out.Bytes()
}

// serveScript gives a script to the pages of every origin, as a script host does.
func serveScript(text []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		h.Set("Access-Control-Allow-Origin", "*") // for <script crossorigin>
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(text)
	}
}

var assetTypes = map[string]string{
	"pages.css": "text/css; charset=utf-8",
	"fields.js": "text/javascript; charset=utf-8",
	"window.js": "text/javascript; charset=utf-8",
	"widget.js": "text/javascript; charset=utf-8",
	"terms.js":  "text/javascript; charset=utf-8",
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	kind, known := assetTypes[file]
	if !known {
		http.NotFound(w, r)
		return
	}
	text, err := assets.ReadFile("assets/" + file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text)
}
