package conversions

import (
	"context"
	"encoding/json"
	"time"
)

// Move is a step from one state to another, or to another reason.
type Move struct {
	At          time.Time `json:"at" example:"2026-03-01T09:32:00Z"`
	From        string    `json:"from" doc:"Empty before the first." example:"ready"`
	To          string    `json:"to" example:"sending"`
	Reason      string    `json:"reason,omitempty" example:""`
	ReasonWords string    `json:"reason_words,omitempty" example:""`
	Detail      string    `json:"detail,omitempty" example:""`
	Value       *string   `json:"value,omitempty" example:"49.90"`
	Currency    string    `json:"currency,omitempty" example:"EUR"`
	UploadID    string    `json:"upload_id,omitempty" doc:"The request that it belongs to." example:"31"`
}

// Attempt is a request to Google that named the conversion or one of its adjustments.
type Attempt struct {
	ID           string          `json:"id" example:"31"`
	AdjustmentID string          `json:"adjustment_id,omitempty" doc:"None: it was the conversion itself." example:"5"`
	Transport    string          `json:"transport" enum:"data_manager,google_ads,file" example:"data_manager"`
	Kind         string          `json:"kind" enum:"conversion,restatement,retraction,enhancement" example:"conversion"`
	State        string          `json:"state" enum:"sending,lost,refused,offered,received,final" doc:"lost: without an answer; offered: in a file that was not fetched yet; received: taken, its outcome is asked for; final: its outcome is known." example:"final"`
	Others       int             `json:"others" doc:"How many more rows the request had." example:"118"`
	RequestID    string          `json:"request_id,omitempty" doc:"Google's." example:"sUJsvGAyGzhBbY3"`
	Status       int             `json:"status,omitempty" doc:"Of HTTP." example:"200"`
	Code         string          `json:"code,omitempty" doc:"Google's word about the request." example:""`
	Message      string          `json:"message,omitempty" example:""`
	RowCode      string          `json:"row_code,omitempty" doc:"Google's word about this row." example:""`
	RowMessage   string          `json:"row_message,omitempty" example:""`
	Payload      json.RawMessage `json:"payload" doc:"The row as it was sent, with identifiers masked." example:"{\"transactionId\": \"o-A-1001\"}"`
	StartedAt    time.Time       `json:"started_at" example:"2026-03-01T09:31:58Z"`
	AnsweredAt   *time.Time      `json:"answered_at,omitempty" example:"2026-03-01T09:31:59Z"`
	PollAt       *time.Time      `json:"poll_at,omitempty" doc:"When its outcome is asked for." example:"2026-03-01T10:01:59Z"`
	FinalAt      *time.Time      `json:"final_at,omitempty" example:"2026-03-01T10:02:00Z"`
}

// mostSteps bounds what is read of one conversion; a slow "try again" has a few a day, for some days.
const mostSteps = 500

// readWay adds moves, attempts and adjustments.
func (d *Way) readWay(ctx context.Context, q Querier, id int64) error {
	moves, err := movesOf(ctx, q, id)
	if err != nil {
		return err
	}
	d.Moves = moves[0]
	if d.Moves == nil {
		d.Moves = []Move{}
	}
	if d.AdjustmentList, err = adjustmentsOf(ctx, q, id, moves); err != nil {
		return err
	}
	d.Uploads, err = attemptsOf(ctx, q, id)
	return err
}

// movesOf returns the moves by adjustment; 0 is the conversion itself.
func movesOf(ctx context.Context, q Querier, id int64) (map[int64][]Move, error) {
	type move struct {
		Adjustment       int64
		At               time.Time
		FromState        string
		ToState          string
		Reason, Detail   string
		Value, AttemptID *int64
		Currency         string
	}
	rows, err := collect[move](ctx, q, "read moves of conversion", `SELECT coalesce(adjustment_id, 0) AS adjustment, at, from_state, to_state, reason, detail, value, attempt_id, currency FROM (SELECT *
  FROM upload_history WHERE conversion_id = $1 ORDER BY id DESC LIMIT $2) h ORDER BY id`, id, mostSteps)
	if err != nil {
		return nil, err
	}
	all := map[int64][]Move{}
	for _, r := range rows {
		m := Move{At: r.At.UTC(), From: r.FromState, To: r.ToState, Detail: r.Detail, Value: money(r.Value), Currency: r.Currency}
		m.Reason, m.ReasonWords, _ = words(r.Reason)
		if r.AttemptID != nil {
			m.UploadID = number(*r.AttemptID)
		}
		all[r.Adjustment] = append(all[r.Adjustment], m)
	}
	return all, nil
}

func adjustmentsOf(ctx context.Context, q Querier, id int64, moves map[int64][]Move) ([]Adjustment, error) {
	type adjustment struct {
		ID             int64
		Number         int
		Kind, State    string
		Reason, Detail string
		AdjustedAt     time.Time
		Value          *int64
		Currency       string
		StateAt        time.Time
		NextAt         *time.Time
		Attempts       int
	}
	rows, err := collect[adjustment](ctx, q, "read adjustments of conversion", `SELECT id, number, kind, state, reason, detail, adjusted_at, value, currency, state_at, next_at, attempts
FROM adjustments WHERE conversion_id = $1 ORDER BY number`, id)
	all := make([]Adjustment, len(rows))
	for i, r := range rows {
		a := Adjustment{ID: number(r.ID), Number: r.Number, Kind: r.Kind, State: r.State, Detail: r.Detail, AdjustedAt: r.AdjustedAt.UTC(), Value: money(r.Value), Currency: r.Currency,
			StateAt: r.StateAt.UTC(), NextAt: utc(r.NextAt), AttemptCount: r.Attempts, Moves: moves[r.ID]}
		a.Reason, a.ReasonWords, a.ReasonClass = words(r.Reason)
		if a.Moves == nil {
			a.Moves = []Move{}
		}
		all[i] = a
	}
	return all, err
}

func attemptsOf(ctx context.Context, q Querier, id int64) ([]Attempt, error) {
	type attempt struct {
		ID                      int64
		Adjustment              *int64
		Transport, Kind, State  string
		Rows, Status            int
		RequestID, Code         string
		Message, RowCode, RowMe string
		Payload                 []byte
		StartedAt               time.Time
		AnsweredAt, PollAt      *time.Time
		FinalAt                 *time.Time
	}
	rows, err := collect[attempt](ctx, q, "read uploads of conversion", `SELECT * FROM (SELECT t.id, r.adjustment_id AS adjustment, t.transport, t.kind, t.state, t.rows, t.status, t.request_id, t.code, t.message,
  r.code AS row_code, r.message AS row_me, r.payload, t.started_at, t.answered_at, t.poll_at, t.final_at
  FROM upload_rows r JOIN upload_attempts t ON t.id = r.attempt_id WHERE r.conversion_id = $1 ORDER BY t.id DESC LIMIT $2) t ORDER BY id`, id, mostSteps)
	all := make([]Attempt, len(rows))
	for i, r := range rows {
		all[i] = Attempt{ID: number(r.ID), Transport: r.Transport, Kind: r.Kind, State: r.State, Others: max(0, r.Rows-1), RequestID: r.RequestID, Status: r.Status, Code: r.Code, Message: r.Message,
			RowCode: r.RowCode, RowMessage: r.RowMe, Payload: r.Payload, StartedAt: r.StartedAt.UTC(), AnsweredAt: utc(r.AnsweredAt), PollAt: utc(r.PollAt), FinalAt: utc(r.FinalAt)}
		if r.Adjustment != nil {
			all[i].AdjustmentID = number(*r.Adjustment)
		}
	}
	return all, err
}
