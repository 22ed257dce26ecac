#!/usr/bin/env bash
# Versions: github.com/go-json-experiment/json v1.27.2 (Go 1.26).
#
# UnmarshalRead takes an io.Reader, and its decoder reads a piece at a time: the first
# element of a long list is decoded after some kilobytes. With DefaultOptionsV1, which one
# gives to keep what encoding/json has done so far, it reads the whole text into memory
# before the first element, because one of these options, ReportErrorsWithLegacySemantics,
# has it looked through for errors of form first. So a program that goes from Unmarshal of
# bytes to UnmarshalRead of a stream to save the text's memory saves nothing, and holds a
# buffer that has doubled up to twice the text. With that one option off the values are the
# same and the text goes by in pieces. MarshalWrite writes in pieces even with all of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'EOF'
module finding

go 1.26
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	v1 "github.com/go-json-experiment/json/v1"
)

// counted is a reader that knows how much was taken from it.
type counted struct {
	io.Reader
	bytes int
}

func (c *counted) Read(into []byte) (int, error) {
	n, err := c.Reader.Read(into)
	c.bytes += n
	return n, err
}

type element struct{ value string }

var first = func() {}

func (e *element) UnmarshalJSON(raw []byte) error {
	first()
	e.value = string(raw)
	return nil
}

func main() {
	text := `{"List":[` + strings.TrimSuffix(strings.Repeat(`"twenty characters....",`, 200_000), ",") + `]}`
	for _, try := range []struct {
		name    string
		options []json.Options
	}{
		{"of version 2", nil},
		{"DefaultOptionsV1", []json.Options{v1.DefaultOptionsV1()}},
		{"DefaultOptionsV1 without ReportErrorsWithLegacySemantics", []json.Options{v1.DefaultOptionsV1(), v1.ReportErrorsWithLegacySemantics(false)}},
	} {
		from, at := &counted{Reader: strings.NewReader(text)}, 0
		first = func() {
			if at == 0 {
				at = from.bytes
			}
		}
		var into struct{ List []element }
		if err := json.UnmarshalRead(from, &into, try.options...); err != nil {
			panic(err)
		}
		part := "a piece of it"
		switch {
		case at == len(text):
			part = "all of it"
		case at > len(text)/100:
			part = "much of it"
		}
		fmt.Printf("%s: %d elements, read before the first: %s\n", try.name, len(into.List), part)
	}
	written := &largest{}
	var list struct{ List []string }
	for range 200_000 {
		list.List = append(list.List, "twenty characters....")
	}
	if err := json.MarshalWrite(written, list, v1.DefaultOptionsV1()); err != nil {
		panic(err)
	}
	fmt.Printf("MarshalWrite, DefaultOptionsV1: written in pieces: %t\n", written.bytes < len(text)/50)
}

// largest knows the largest piece that was written to it.
type largest struct{ bytes int }

func (l *largest) Write(piece []byte) (int, error) {
	l.bytes = max(l.bytes, len(piece))
	return len(piece), nil
}
EOF
go get github.com/go-json-experiment/json@v1.27.2 >get.log 2>&1 || { cat get.log >&2; exit 1; }
go run . >seen
cat seen
cat >expected <<'EOF'
of version 2: 200000 elements, read before the first: a piece of it
DefaultOptionsV1: 200000 elements, read before the first: all of it
DefaultOptionsV1 without ReportErrorsWithLegacySemantics: 200000 elements, read before the first: a piece of it
MarshalWrite, DefaultOptionsV1: written in pieces: true
EOF
diff expected seen
