package admin

import (
	"encoding/base64"
	"strconv"
	"strings"

	"noctra/admin/internal/workspaces"
)

// InPage is what every list takes.
type InPage struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Entries of an answer at most." example:"100"`
	Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the answer before." example:"YWZ0ZXIgMTc"`
}

// page reads what was asked for; one entry more than is shown tells whether there is another page.
func (in InPage) page() (workspaces.Page, error) {
	p := workspaces.Page{Most: in.Limit + 1}
	if in.Cursor == "" {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	number, ok := strings.CutPrefix(string(raw), cursorWord)
	if err == nil && ok {
		p.After, err = strconv.ParseInt(number, 10, 64)
	}
	if err != nil || !ok || p.After < 0 {
		return p, &fault{kind: invalidRequest, detail: "This is no cursor of a list; begin without one.", problems: []FieldProblem{{"query.cursor", "This is no cursor."}}}
	}
	return p, nil
}

const cursorWord = "after "

// cutPage leaves what is shown of a page, and the cursor of the next, empty where there is none.
func cutPage[T any](in InPage, rows []T, id func(T) int64) (shown []T, next string) {
	if len(rows) <= in.Limit {
		return rows, ""
	}
	shown = rows[:in.Limit]
	return shown, base64.RawURLEncoding.EncodeToString([]byte(cursorWord + strconv.FormatInt(id(shown[len(shown)-1]), 10)))
}

// viewsOf are rows as they are shown; an empty list, and not none, where there are no rows.
func viewsOf[R, V any](rows []R, view func(R) V) []V {
	views := make([]V, len(rows))
	for i, r := range rows {
		views[i] = view(r)
	}
	return views
}
