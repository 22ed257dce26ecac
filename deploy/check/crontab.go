package check

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Crontab is a parsed crontab.
type Crontab struct {
	// Env are the lines NAME=value, which cron does not expand.
	Env   []string
	Lines []CronLine
}

// CronLine is one job.
type CronLine struct {
	Schedule string
	// Command is what the shell gets.
	Command string
}

var cronVariable = regexp.MustCompile(`^[A-Z_]+=\S+$`)

// ParseCrontab reads a crontab as cron does.
func ParseCrontab(text string) (*Crontab, error) {
	tab := &Crontab{}
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			continue
		case cronVariable.MatchString(line):
			tab.Env = append(tab.Env, line)
			continue
		}
		fields := strings.SplitN(line, " ", 6)
		if len(fields) < 6 {
			return nil, fmt.Errorf("line %d: has no five fields and a command", i+1)
		}
		schedule := strings.Join(fields[:5], " ")
		if err := CheckSchedule(schedule); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		// cron ends the command at a % and turns \% into one.
		command := strings.ReplaceAll(fields[5], `\%`, "\x00")
		if strings.Contains(command, "%") {
			return nil, fmt.Errorf(`line %d: has a %% without a \ before it, where cron ends the command`, i+1)
		}
		tab.Lines = append(tab.Lines, CronLine{schedule, strings.ReplaceAll(command, "\x00", "%")})
	}
	if !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("does not end with a new line, without which cron passes its last job over")
	}
	return tab, nil
}

// cronFields are the five fields and the numbers that they may hold.
var cronFields = []struct {
	name      string
	low, high int
}{{"minute", 0, 59}, {"hour", 0, 23}, {"day", 1, 31}, {"month", 1, 12}, {"weekday", 0, 7}}

// CheckSchedule says what is wrong with five fields of numbers, lists, ranges
// and steps.
func CheckSchedule(schedule string) error {
	fields := strings.Fields(schedule)
	if len(fields) != len(cronFields) {
		return fmt.Errorf("%q does not have five fields", schedule)
	}
	for i, field := range cronFields {
		for _, part := range strings.Split(fields[i], ",") {
			span, step, stepped := strings.Cut(part, "/")
			if stepped && !within(step, 1, field.high) {
				return fmt.Errorf("%q: the %s has the step %q", schedule, field.name, step)
			}
			if span == "*" {
				continue
			}
			from, to, ranged := strings.Cut(span, "-")
			if !within(from, field.low, field.high) || ranged && !within(to, field.low, field.high) {
				return fmt.Errorf("%q: the %s is %q, not from %d to %d", schedule, field.name, span, field.low, field.high)
			}
		}
	}
	return nil
}

func within(text string, low, high int) bool {
	n, err := strconv.Atoi(text)
	return err == nil && low <= n && n <= high
}

var calls = regexp.MustCompile(`(?m)(?:"\$DAESA"|/usr/local/bin/daesa|^daesa) ([a-z][^\n>|;&#` + "`" + `]*)`)

// Calls lists the arguments with which a text, such as a crontab or a unit,
// calls daesa.
func Calls(text string) [][]string {
	var list [][]string
	for _, found := range calls.FindAllStringSubmatch(text, -1) {
		list = append(list, strings.Fields(strings.Trim(found[1], "' ")))
	}
	return list
}
