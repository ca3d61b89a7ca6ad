package goals

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Bounds of funnels.
const (
	LeastSteps = 2
	MostSteps  = 8
	MostHours  = 90 * 24
)

// Step is one step of a funnel as it is kept: a goal, or a match of its own with a name.
type Step struct {
	Goal  int64  `json:"goal,omitempty"`
	Name  string `json:"name,omitempty"`
	Match *Match `json:"match,omitempty"`
}

// Shape is what is asked of a funnel: everything but its name and its state.
type Shape struct {
	Steps  []Step
	Hours  int  // from the first step to the last at most; 0: within one visit
	Strict bool // nothing else happens between two steps
}

// Funnel is a funnel of a site.
type Funnel struct {
	ID        int64
	Name      string
	Shape     Shape
	Version   int32
	CreatedAt time.Time
	ChangedAt time.Time
}

// Tag names a state of the funnel.
func (f Funnel) Tag() string { return tag([]any{"funnel", f.ID, f.Version, f.Name, f.Shape}) }

// GoalIDs are the goals among the steps, each once, in order.
func (s Shape) GoalIDs() []int64 {
	ids := []int64{}
	for _, step := range s.Steps {
		if step.Goal != 0 {
			ids = append(ids, step.Goal)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Resolve returns the name and the match of each step. ok is false where a goal is not among all.
func (s Shape) Resolve(all []Goal) (steps []Goal, ok bool) {
	for _, step := range s.Steps {
		if step.Goal == 0 {
			steps = append(steps, Goal{Name: step.Name, Match: *step.Match})
			continue
		}
		at := slices.IndexFunc(all, func(g Goal) bool { return g.ID == step.Goal })
		if at < 0 {
			return nil, false
		}
		steps = append(steps, all[at])
	}
	return steps, true
}

// Asked is a step as somebody asks for it.
type Asked struct {
	GoalID string
	Name   string
	Match  *Match
}

// CheckName checks the name of a funnel.
func CheckName(raw string) (string, []Problem) {
	c := &checker{}
	name := c.name("name", raw)
	return name, c.problems
}

// CheckSteps returns the steps as they are kept, and everything that is wrong with them. all are the
// goals of the site.
func CheckSteps(asked []Asked, all []Goal) ([]Step, []Problem) {
	c := &checker{}
	if len(asked) < LeastSteps || len(asked) > MostSteps {
		c.wrong("steps", "A funnel has %d to %d steps.", LeastSteps, MostSteps)
		return nil, c.problems
	}
	steps := make([]Step, len(asked))
	size := 0
	for i, a := range asked {
		path := fmt.Sprintf("steps[%d]", i)
		if a.GoalID != "" {
			steps[i] = c.goalStep(path, a, all)
			continue
		}
		if a.Match == nil {
			c.wrong(path, "A step has a goal_id, or a name and a match.")
			continue
		}
		m := c.match(path+".match", *a.Match)
		steps[i] = Step{Name: c.name(path+".name", a.Name), Match: &m}
		size += m.size()
	}
	if size > MostBytes/4 {
		c.wrong("steps", "The steps have more than %d bytes of text.", MostBytes/4)
	}
	return steps, c.problems
}

func (c *checker) goalStep(path string, a Asked, all []Goal) Step {
	if a.Match != nil || a.Name != "" {
		c.wrong(path, "A step with a goal_id has its name and match from there.")
	}
	for _, g := range all {
		if strconv.FormatInt(g.ID, 10) == a.GoalID {
			return Step{Goal: g.ID}
		}
	}
	c.wrong(path+".goal_id", "The site has no such goal.")
	return Step{}
}

// CheckHours checks a window.
func CheckHours(hours int) []Problem {
	if hours < 0 || hours > MostHours {
		return []Problem{{"window_hours", fmt.Sprintf("A window has 1 to %d hours, or 0 for one visit.", MostHours)}}
	}
	return nil
}
