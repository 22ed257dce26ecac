package sandbox

import "strconv"

// obj appends one JSON object, field by field in the order given.
type obj struct {
	b     []byte
	begun bool
}

func (o *obj) key(k string) {
	if o.begun {
		o.b = append(o.b, ',')
	} else {
		o.b = append(o.b, '{')
		o.begun = true
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, k...)
	o.b = append(o.b, '"', ':')
}

func (o *obj) str(k, v string)         { o.key(k); o.b = appendString(o.b, v) }
func (o *obj) null(k string)           { o.key(k); o.b = append(o.b, "null"...) }
func (o *obj) zero(k string)           { o.key(k); o.b = append(o.b, '0') }
func (o *obj) bool(k string, v bool)   { o.key(k); o.b = strconv.AppendBool(o.b, v) }
func (o *obj) time(k string, at int64) { o.key(k); o.b = appendTime(o.b, at) }
func (o *obj) raw(k string, v []byte)  { o.key(k); o.b = append(o.b, v...) }

func (o *obj) money(k string, v int64, currency string) {
	o.key(k)
	o.b = appendMoney(o.b, v, currency)
}

// strOrNull writes null for an empty string.
func (o *obj) strOrNull(k, v string) {
	if v == "" {
		o.null(k)
		return
	}
	o.str(k, v)
}

// in appends a nested object; a nil fill writes null.
func (o *obj) in(k string, fill func(*obj)) {
	o.key(k)
	if fill == nil {
		o.b = append(o.b, "null"...)
		return
	}
	inner := obj{b: o.b}
	fill(&inner)
	o.b = inner.end()
}

func (o *obj) end() []byte {
	if !o.begun {
		o.b = append(o.b, '{')
	}
	return append(o.b, '}')
}

// appendTime writes Toss's form, seconds with +09:00, in quotes.
func appendTime(b []byte, at int64) []byte {
	b = append(b, '"')
	b = appendStamp(b, at)
	return append(b, '"')
}

// appendStamp writes a time digit by digit: pages of 5,000 rows are made of it.
func appendStamp(b []byte, at int64) []byte {
	t := stamp(at)
	year, month, dayOf := t.Date()
	hours, minutes, seconds := t.Clock()
	two := func(n int, after byte) { b = append(b, byte('0'+n/10), byte('0'+n%10), after) }
	b = append(b, byte('0'+year/1000%10), byte('0'+year/100%10))
	two(year%100, '-')
	two(int(month), '-')
	two(dayOf, 'T')
	two(hours, ':')
	two(minutes, ':')
	two(seconds, '+')
	return append(b, "09:00"...)
}

// appendString escapes what JSON wants escaped and leaves the rest as it is.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		if c < 0x20 {
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			b = append(b, '\\', c)
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
