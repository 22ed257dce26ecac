package config

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

//go:embed daesa.yaml.tmpl
var templateText string

// TemplateValues are what may differ between two written files. What is left
// empty is written as `daesa init` writes it. There is no value for sending:
// refunds.send is false until a person writes true.
type TemplateValues struct {
	// MID is the merchant id; usual: tosspayments.
	MID string
	// Environment is Live or Test; usual: Live.
	Environment string
	// SecretKeyEnv names the variable with the key; usual: TOSS_SECRET_KEY.
	SecretKeyEnv string
	// BaseURL is the provider's address; usual: ProviderURL.
	BaseURL string
	// RequestsPerMinute is the pace; usual: 100.
	RequestsPerMinute int
	// AutoQueue are break kinds; usual: none.
	AutoQueue []string
	// Passbooks is the list of bank.accounts, in YAML; usual: none.
	Passbooks string
	// FirstMonth is close.first_month; usual: none.
	FirstMonth string
}

// Template is a whole daesa.yaml in which every key has its comment and, but
// for the given values, its default.
func Template(p TemplateValues) []byte {
	usual := DefaultMerchant()
	orElse := func(text *string, other string) {
		if *text == "" {
			*text = other
		}
	}
	orElse(&p.MID, "tosspayments")
	orElse(&p.Environment, Live)
	orElse(&p.SecretKeyEnv, "TOSS_SECRET_KEY")
	orElse(&p.BaseURL, usual.BaseURL)
	orElse(&p.Passbooks, "[]")
	if p.RequestsPerMinute == 0 {
		p.RequestsPerMinute = usual.RequestsPerMinute
	}
	var out bytes.Buffer
	if err := fileTemplate.Execute(&out, p); err != nil {
		panic(fmt.Sprintf("config: the template of daesa.yaml: %v", err))
	}
	return out.Bytes()
}

var fileTemplate = template.Must(template.New("daesa.yaml").Funcs(template.FuncMap{
	"yaml": yamlText,
	"list": func(words []string) string {
		quoted := make([]string, len(words))
		for i, word := range words {
			quoted[i] = yamlText(word)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	},
	// pad fills up to the column where the comments stand.
	"pad": func(width int, text any) string {
		return fmt.Sprintf("%-*s ", width-1, fmt.Sprint(text))
	},
}).Parse(templateText))

var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./:-]*[A-Za-z0-9/]$`)

// yamlText writes a text so that YAML reads the same text back.
func yamlText(text string) string {
	if plainText.MatchString(text) && !strings.EqualFold(text, "null") {
		return text
	}
	return strconv.Quote(text)
}
