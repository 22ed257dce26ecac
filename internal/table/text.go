package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The encodings of a text, as they are told to people.
const (
	encodingUTF8    = "UTF-8"
	encodingUTF8BOM = "UTF-8 with BOM"
	encodingUTF16LE = "UTF-16LE"
	encodingUTF16BE = "UTF-16BE"
	encodingCP949   = "CP949"
)

const (
	markUTF8    = "\xef\xbb\xbf"
	markUTF16LE = "\xff\xfe"
	markUTF16BE = "\xfe\xff"
)

// encodingOf says in which encoding a text is. Labels are only hints, and files
// labelled EUC-KR hold CP949; so the whole file is looked through once. What is
// UTF-8 in one line and not in another is refused: it is two files in one.
func encodingOf(name string, file io.Reader) (string, error) {
	source := bufio.NewReaderSize(file, readAhead)
	head, err := source.Peek(len(markUTF8))
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case bytes.HasPrefix(head, []byte(markUTF16LE)):
		return encodingUTF16LE, nil
	case bytes.HasPrefix(head, []byte(markUTF16BE)):
		return encodingUTF16BE, nil
	}
	marked := bytes.HasPrefix(head, []byte(markUTF8))
	found, err := surveyText(source)
	switch {
	case err != nil:
		return "", err
	case found.other == 0 && marked:
		return encodingUTF8BOM, nil
	case found.other == 0:
		return encodingUTF8, nil
	case marked:
		return "", &FileError{File: name, Line: found.other, Reason: "begins with the mark of UTF-8, and is not UTF-8 here", Advice: adviceUTF8}
	case found.hangul > 0:
		return "", &FileError{
			File: name, Line: max(found.hangul, found.other), Advice: adviceUTF8,
			Reason: fmt.Sprintf("has two encodings: line %d is UTF-8, line %d is not", found.hangul, found.other),
		}
	}
	return encodingCP949, nil
}

// survey are the first lines, counted from 1, that tell an encoding; 0: none.
type survey struct {
	hangul int // is UTF-8 and has Hangul, which no line of CP949 looks like
	other  int // is not UTF-8
}

func surveyText(source *bufio.Reader) (survey, error) {
	var found survey
	var rest []byte // of a character at the end of a piece
	sound, hangul := true, false
	for line := 1; ; {
		piece, err := source.ReadSlice('\n')
		whole := piece
		if len(rest) > 0 {
			whole = append(bytes.Clone(rest), piece...)
		}
		cut := errors.Is(err, bufio.ErrBufferFull)
		rest = nil
		if cut {
			whole, rest = splitCharacter(whole)
		}
		if sound && !isASCII(whole) {
			sound = utf8.Valid(whole)
			hangul = hangul || sound && bytes.ContainsFunc(whole, isSyllable)
		}
		if cut {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return found, err
		}
		if !sound && found.other == 0 {
			found.other = line
		}
		if sound && hangul && found.hangul == 0 {
			found.hangul = line
		}
		if err != nil {
			return found, nil
		}
		line++
		sound, hangul = true, false
	}
}

// splitCharacter takes a character off the end that goes on in the next piece.
func splitCharacter(piece []byte) (whole, rest []byte) {
	for back := 1; back < utf8.UTFMax && back <= len(piece); back++ {
		at := len(piece) - back
		if utf8.RuneStart(piece[at]) {
			if !utf8.FullRune(piece[at:]) {
				return piece[:at], bytes.Clone(piece[at:])
			}
			break
		}
	}
	return piece, nil
}

func isASCII(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isSyllable(r rune) bool { return r >= '가' && r <= '힣' }

// utf8Of gives a text in UTF-8, without its mark. What cannot be decoded comes
// as U+FFFD.
func utf8Of(file io.Reader, encoding string) io.Reader {
	switch encoding {
	case encodingUTF16LE:
		return transform.NewReader(file, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
	case encodingUTF16BE:
		return transform.NewReader(file, unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder())
	case encodingUTF8BOM:
		return transform.NewReader(file, unicode.BOMOverride(transform.Nop))
	case encodingCP949:
		return transform.NewReader(file, korean.EUCKR.NewDecoder())
	}
	return file
}

// CP949 has a lead byte from 81 to FE, and a second one from 41 to FE.
const (
	leadFirst, leadLast     = 0x81, 0xfe
	secondFirst, secondLast = 0x41, 0xfe
	seconds                 = secondLast - secondFirst + 1
)

// cp949Table gives the character of each pair of bytes; 0 where there is none.
var cp949Table = sync.OnceValue(func() []rune {
	table := make([]rune, (leadLast-leadFirst+1)*seconds)
	decoder := korean.EUCKR.NewDecoder()
	for lead := leadFirst; lead <= leadLast; lead++ {
		for second := secondFirst; second <= secondLast; second++ {
			text, err := decoder.Bytes([]byte{byte(lead), byte(second)})
			if r, size := utf8.DecodeRune(text); err == nil && size == len(text) && r != utf8.RuneError {
				table[(lead-leadFirst)*seconds+second-secondFirst] = r
			}
		}
	}
	return table
})

// appendCP949 appends a text of CP949 as UTF-8, with U+FFFD for what is none.
func appendCP949(to, text []byte) []byte {
	table := cp949Table()
	for i := 0; i < len(text); i++ {
		lead := text[i]
		if lead < utf8.RuneSelf {
			to = append(to, lead)
			continue
		}
		r := rune(0)
		if lead >= leadFirst && lead <= leadLast && i+1 < len(text) && text[i+1] >= secondFirst && text[i+1] <= secondLast {
			r = table[int(lead-leadFirst)*seconds+int(text[i+1]-secondFirst)]
		}
		if r == 0 {
			to = utf8.AppendRune(to, utf8.RuneError)
			continue
		}
		to = utf8.AppendRune(to, r)
		i++
	}
	return to
}
