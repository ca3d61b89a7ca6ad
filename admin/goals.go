package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"noctra/schema/goals"
)

// goalRoutes lists what is done with a site's goals and funnels.
func (s *Service) goalRoutes() []route {
	return []route{
		{readReports, http.MethodGet, "/api/v1/sites/{id}/goals", "list-goals", "List the goals of a site", 200, handle(s, s.listGoals)},
		{manageGoals, http.MethodPost, "/api/v1/sites/{id}/goals", "create-goal", "Say which events are a goal; reports of the past have it, too", 201, handle(s, s.createGoal)},
		{readReports, http.MethodGet, "/api/v1/sites/{id}/goals/{goal_id}", "goal", "One goal", 200, handle(s, s.goal)},
		{manageGoals, http.MethodPatch, "/api/v1/sites/{id}/goals/{goal_id}", "change-goal", "Change a goal; reports of the past change with it", 200, handle(s, s.changeGoal)},
		{manageGoals, http.MethodDelete, "/api/v1/sites/{id}/goals/{goal_id}", "delete-goal", "Delete a goal that no funnel has among its steps", 204, handle(s, s.deleteGoal)},
		{readReports, http.MethodPost, "/api/v1/sites/{id}/goals/preview", "preview-goal", "What a goal would have counted in the last seven days, without keeping it", 200, handle(s, s.previewGoal)},
		{readReports, http.MethodGet, "/api/v1/sites/{id}/funnels", "list-funnels", "List the funnels of a site", 200, handle(s, s.listFunnels)},
		{manageGoals, http.MethodPost, "/api/v1/sites/{id}/funnels", "create-funnel", "Make a funnel of 2 to 8 steps", 201, handle(s, s.createFunnel)},
		{readReports, http.MethodGet, "/api/v1/sites/{id}/funnels/{funnel_id}", "funnel", "One funnel", 200, handle(s, s.funnel)},
		{manageGoals, http.MethodPatch, "/api/v1/sites/{id}/funnels/{funnel_id}", "change-funnel", "Change a funnel", 200, handle(s, s.changeFunnel)},
		{manageGoals, http.MethodDelete, "/api/v1/sites/{id}/funnels/{funnel_id}", "delete-funnel", "Delete a funnel", 204, handle(s, s.deleteFunnel)},
		{readReports, http.MethodPost, "/api/v1/sites/{id}/funnels/{funnel_id}/query", "query-funnel", "How far visitors came in a funnel", 200, handle(s, s.queryFunnel)},
		{readReports, http.MethodPost, "/api/v1/sites/{id}/funnels/preview", "preview-funnel", "How far visitors came in the last seven days in a funnel that is not kept", 200, handle(s, s.previewFunnel)},
	}
}

// GoalView is a goal as the API shows it.
type GoalView struct {
	ID        string      `json:"id" example:"12"`
	Name      string      `json:"name" example:"Order placed"`
	Match     goals.Match `json:"match"`
	Version   int32       `json:"version" doc:"Grows by one with each change." example:"1"`
	CreatedAt time.Time   `json:"created_at" example:"2026-03-01T09:30:00Z"`
	ChangedAt time.Time   `json:"changed_at" example:"2026-03-01T09:30:00Z"`
}

// matchExample stands in the description.
var matchExample = goals.Match{Kind: goals.Page, Path: "/thanks*"}

// InGoal is the goal that an address names.
type InGoal struct {
	InSite
	GoalID int64 `path:"goal_id" example:"12"`
}

type listOfSiteInput struct {
	InSite
	InPage
}

type goalsOutput struct {
	Body struct {
		Goals      []GoalView `json:"goals"`
		NextCursor string     `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type goalOutput struct {
	ETag string `header:"ETag"`
	Body GoalView
}

type createGoalInput struct {
	InSite
	Body struct {
		Name  string      `json:"name" maxLength:"400" doc:"As reports name it; once per site, capitals or not." example:"Order placed"`
		Match goals.Match `json:"match"`
	}
}

type changeGoalInput struct {
	InGoal
	InChange
	Body struct {
		Name  string       `json:"name,omitempty" maxLength:"400" doc:"As it is, if left out." example:"Order placed"`
		Match *goals.Match `json:"match,omitempty" doc:"As it is, if left out; replaced as a whole."`
	}
}

type deleteGoalInput struct {
	InGoal
	InChange
}

func viewGoal(g goals.Goal) GoalView {
	return GoalView{strconv.FormatInt(g.ID, 10), g.Name, g.Match, g.Version, g.CreatedAt, g.ChangedAt}
}

func oneGoal(g goals.Goal, err error) (*goalOutput, error) {
	if err != nil {
		return nil, err
	}
	return &goalOutput{ETag: quoted(g.Tag()), Body: viewGoal(g)}, nil
}

func (s *Service) listGoals(ctx context.Context, in *listOfSiteInput) (*goalsOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	all, err := goalPage(ctx, s.store, site.ID, p)
	if err != nil {
		return nil, err
	}
	out := &goalsOutput{}
	all, out.Body.NextCursor = cutPage(in.InPage, all, func(g goals.Goal) int64 { return g.ID })
	out.Body.Goals = viewsOf(all, viewGoal)
	return out, nil
}

func (s *Service) goal(ctx context.Context, in *InGoal) (*goalOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return oneGoal(goalOf(ctx, s.store, site.ID, in.GoalID))
}

func (s *Service) createGoal(ctx context.Context, in *createGoalInput) (*goalOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	name, match, problems := goals.CheckGoal(in.Body.Name, in.Body.Match)
	if err := wrongDefinition("goal", problems); err != nil {
		return nil, err
	}
	return oneGoal(s.addGoal(ctx, site, goals.Goal{Name: name, Match: match}))
}

func (s *Service) changeGoal(ctx context.Context, in *changeGoalInput) (*goalOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return oneGoal(s.setGoal(ctx, site, changeOf{in.GoalID, in.IfMatch}, func(g *goals.Goal) error {
		if in.Body.Name != "" {
			g.Name = in.Body.Name
		}
		if in.Body.Match != nil {
			g.Match = *in.Body.Match
		}
		var problems []goals.Problem
		g.Name, g.Match, problems = goals.CheckGoal(g.Name, g.Match)
		return wrongDefinition("goal", problems)
	}))
}

func (s *Service) deleteGoal(ctx context.Context, in *deleteGoalInput) (*struct{}, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.dropGoal(ctx, site, changeOf{in.GoalID, in.IfMatch})
}

// PreviewView is what a match would have counted.
type PreviewView struct {
	DateRange []string `json:"date_range" doc:"Seven days up to today, in the site's zone: the first and the last second." example:"[\"2026-03-01T00:00:00+01:00\", \"2026-03-07T23:59:59+01:00\"]"`
	Events    uint64   `json:"events" doc:"That match; without bots." example:"129"`
	Visitors  uint64   `json:"visitors" doc:"Distinct, of these events." example:"97"`
}

type previewGoalInput struct {
	InSite
	Body struct {
		Match goals.Match `json:"match"`
	}
}

type previewOutput struct{ Body PreviewView }

func (s *Service) previewGoal(ctx context.Context, in *previewGoalInput) (*previewOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	match, problems := goals.CheckMatch(in.Body.Match)
	if err := wrongDefinition("match", problems); err != nil {
		return nil, err
	}
	out := &previewOutput{}
	return out, s.askReports(ctx, func(ctx context.Context) error {
		p, err := s.reports.Preview(ctx, site, match)
		out.Body = PreviewView{p.DateRange[:], p.Events, p.Visitors}
		return err
	})
}

// wrongDefinition is the answer to a goal, funnel or match with problems; nil without any.
func wrongDefinition(noun string, problems []goals.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	f := &fault{kind: invalidRequest, detail: "The " + noun + " is not as it has to be; errors says where."}
	for _, p := range problems {
		f.problems = append(f.problems, FieldProblem(p))
	}
	return f
}
