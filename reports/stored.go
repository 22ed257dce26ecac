package reports

import (
	"io"

	jsonv2 "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// WriteJSON writes what json.Marshal would give, without holding all of it.
func (s Snapshot) WriteJSON(w io.Writer) error {
	return jsonv2.MarshalWrite(w, s, jsonv1.DefaultOptionsV1())
}

// Into reads a stored snapshot as json.Unmarshal would, without holding its text:
// all of it into a Snapshot, or a part into a struct of some of its fields. What cannot
// be read to its end leaves something there, unlike with json.Unmarshal, which looks
// through all of the text before it begins.
func Into(snapshot any) (read func(io.Reader) error) {
	return func(r io.Reader) error {
		return jsonv2.UnmarshalRead(r, snapshot, jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false))
	}
}
