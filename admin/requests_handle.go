package admin

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"noctra/admin/internal/requests"
	"noctra/admin/internal/store"
)

func pageOfRequests(in InPage, rows []store.PrivacyRequest) *requestsOutput {
	out := &requestsOutput{}
	rows, out.Body.NextCursor = cutPage(in, rows, func(r store.PrivacyRequest) int64 { return r.ID })
	out.Body.Requests = viewsOf(rows, viewRequest)
	return out
}

func (s *Service) listOwnRequests(ctx context.Context, in *InPage) (*requestsOutput, error) {
	below, most, err := in.newestFirst()
	if err != nil {
		return nil, err
	}
	rows, err := s.requests.From(ctx, callerOf(ctx).account, below, most)
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return pageOfRequests(*in, rows), nil
}

func (s *Service) listRequests(ctx context.Context, in *listRequestsInput) (*requestsOutput, error) {
	below, most, err := in.newestFirst()
	if err != nil {
		return nil, err
	}
	workspace := in.number()
	rows, err := s.requests.Of(ctx, store.RequestsOfWorkspaceParams{WorkspaceID: &workspace, Below: below, State: in.State, Most: most})
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return pageOfRequests(in.InPage, rows), nil
}

func (s *Service) oneRequest(ctx context.Context, in InRequest) (*requestOutput, error) {
	workspace := in.number()
	r, steps, err := s.requests.Get(ctx, &workspace, in.RequestID)
	if err != nil {
		return nil, ofRequests(err)
	}
	out := &requestOutput{ETag: quoted(requests.Tag(r)), Body: viewRequest(r)}
	for _, step := range steps {
		v := RequestStepView{At: step.At.UTC(), State: step.State, Note: step.Note}
		if step.AccountID != nil {
			v.AccountID = strconv.FormatInt(*step.AccountID, 10)
		}
		if step.Operator != nil {
			v.Operator = *step.Operator
		}
		out.Body.History = append(out.Body.History, v)
	}
	return out, nil
}

func (s *Service) privacyRequest(ctx context.Context, in *InRequest) (*requestOutput, error) {
	return s.oneRequest(ctx, *in)
}

func (s *Service) handleRequest(ctx context.Context, in *handleRequestInput) (*requestOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	c := requests.Change{State: in.Body.State, Note: strings.TrimSpace(in.Body.Note), Match: in.IfMatch}
	if problems := checkChange(c); len(problems) > 0 {
		return nil, &fault{kind: invalidRequest, detail: "The request is not as it has to be; errors says where.", problems: problems}
	}
	if _, err := s.requests.Handle(ctx, in.RequestID, c, callerOf(ctx).entry(in.number(), "")); err != nil {
		return nil, ofRequests(err)
	}
	return s.oneRequest(ctx, in.InRequest)
}

// checkChange says what is wrong with a change of a request.
func checkChange(c requests.Change) (problems []FieldProblem) {
	if !slices.Contains([]string{"open", "in_progress", "waiting", "done", "refused"}, c.State) {
		problems = append(problems, FieldProblem{"state", "Say open, in_progress, waiting, done or refused."})
	}
	switch {
	case utf8.RuneCountInString(c.Note) > longestNote:
		problems = append(problems, FieldProblem{"note", fmt.Sprintf("A note has at most %d characters.", longestNote)})
	case strings.ContainsRune(c.Note, 0):
		problems = append(problems, FieldProblem{"note", "A note has no control characters."})
	case c.State == "refused" && c.Note == "":
		problems = append(problems, FieldProblem{"note", "A request is refused with a reason; it is mailed to the person."})
	}
	return problems
}
