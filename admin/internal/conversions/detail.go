package conversions

import (
	"context"
	"time"

	"noctra/schema"
)

// Way is a conversion with its whole way.
type Way struct {
	Conversion
	Click          *Click       `json:"click,omitempty" doc:"The click that decides; none is known, or only its id."`
	Sale           Sale         `json:"sale"`
	Gates          []Gate       `json:"gates" doc:"What has to hold before it is sent, as it is now."`
	Moves          []Move       `json:"moves" doc:"Of the conversion itself, the first one first."`
	Uploads        []Attempt    `json:"uploads" doc:"Requests that named it or one of its adjustments, the first one first."`
	AdjustmentList []Adjustment `json:"adjustment_list" doc:"In their order."`
}

// Click is an ad click of the ledger.
type Click struct {
	ClickedAt  time.Time `json:"clicked_at" example:"2026-02-27T18:02:11Z"`
	EventID    string    `json:"event_id" example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c12"`
	LandingURL string    `json:"landing_url" doc:"With click ids masked." example:"https://shop.acme.example/spring"`
	Source     string    `json:"source,omitempty" example:"google"`
	Medium     string    `json:"medium,omitempty" example:"cpc"`
	Campaign   string    `json:"campaign,omitempty" example:"spring-sale"`
	Term       string    `json:"term,omitempty" example:"mugs"`
	Content    string    `json:"content,omitempty" example:"banner-2"`
	CampaignID string    `json:"campaign_id,omitempty" example:"20331144"`
	Consent
}

// Consent is what a person had said.
type Consent struct {
	Analytics string `json:"consent_analytics" enum:"unset,granted,denied" example:"granted"`
	UserData  string `json:"consent_ad_user_data" enum:"unset,granted,denied" example:"granted"`
	Personal  string `json:"consent_ad_personalization" enum:"unset,granted,denied" example:"granted"`
}

// Sale is the event that became a conversion.
type Sale struct {
	Rule       string   `json:"rule,omitempty" enum:"click_id,visitor,user" doc:"How the click was found." example:"visitor"`
	Borrowed   bool     `json:"borrowed" doc:"Whose it was is known from what the browser reported of the same order." example:"false"`
	Via        string   `json:"via" enum:"unknown,browser,server,pixel" example:"server"`
	BotReasons []string `json:"bot_reasons" example:"[]"`
	Refunds    []Refund `json:"refunds"`
	Consent
}

// Refund is money that went back.
type Refund struct {
	EventID    string    `json:"event_id" example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c13"`
	RefundedAt time.Time `json:"refunded_at" example:"2026-03-03T08:00:00Z"`
	Value      string    `json:"value" example:"10.00"`
	Currency   string    `json:"currency" example:"EUR"`
}

// Adjustment is a change of a conversion that Google has.
type Adjustment struct {
	ID           string     `json:"id" example:"5"`
	Number       int        `json:"number" doc:"Counts from 1; sent in this order." example:"1"`
	Kind         string     `json:"kind" enum:"restatement,retraction,enhancement" example:"restatement"`
	State        string     `json:"state" enum:"waiting,ready,sending,received,accepted,rejected,unknown,held,superseded" example:"accepted"`
	Reason       string     `json:"reason,omitempty" example:"conversion_not_final"`
	ReasonWords  string     `json:"reason_words,omitempty" example:"It waits until Google has accepted the conversion"`
	ReasonClass  string     `json:"reason_class,omitempty" enum:"done,later,superseded,dead,customer,ours,gate" example:"later"`
	Detail       string     `json:"detail,omitempty" example:""`
	AdjustedAt   time.Time  `json:"adjusted_at" example:"2026-03-03T08:00:00Z"`
	Value        *string    `json:"value,omitempty" doc:"What the conversion is worth afterwards." example:"39.90"`
	Currency     string     `json:"currency,omitempty" example:"EUR"`
	StateAt      time.Time  `json:"state_at" example:"2026-03-03T08:05:00Z"`
	NextAt       *time.Time `json:"next_at,omitempty" example:"2026-03-03T14:00:00Z"`
	AttemptCount int        `json:"attempts" example:"1"`
	Moves        []Move     `json:"moves"`
}

// saleRow is a sale with its click, as Postgres gives them.
type saleRow struct {
	SaleID                             int64
	Rule                               *string
	Borrowed                           bool
	Via                                int16
	BotReasons                         []string
	Analytics, UserData, Personal      int16
	ClickID                            *int64
	ClickedAt                          *time.Time
	EventID, LandingURL                *string
	Source, Medium, Campaign           *string
	Term, Content, CampaignID          *string
	ClickAnalytics, ClickUser, ClickPA *int16
}

const saleAndClick = `SELECT s.id AS sale_id, s.google_rule AS rule, s.borrowed, s.via, s.bot_reasons, s.consent_analytics AS analytics, s.consent_user_data AS user_data, s.consent_personal AS personal,
  k.id AS click_id, k.clicked_at, k.event_id, k.landing_url, k.source, k.medium, k.campaign, k.term, k.content, k.campaign_id,
  k.consent_analytics AS click_analytics, k.consent_user_data AS click_user, k.consent_personal AS click_pa
`

const selectSale = saleAndClick + `FROM conversions c JOIN sales s ON s.id = c.sale_id
LEFT JOIN LATERAL (SELECT * FROM clicks k WHERE k.site_id = c.site_id AND k.value = c.click_value AND k.kind = c.click_kind
  ORDER BY k.clicked_at IS NOT DISTINCT FROM c.clicked_at DESC, k.clicked_at DESC LIMIT 1) k ON true
WHERE c.id = $1`

// selectSaleAlone has the click that would decide.
const selectSaleAlone = saleAndClick + `FROM sales s
LEFT JOIN LATERAL (SELECT * FROM clicks k WHERE k.site_id = s.site_id AND k.value = s.google_value AND k.kind = s.google_kind
  ORDER BY k.clicked_at IS NOT DISTINCT FROM s.google_clicked_at DESC, k.clicked_at DESC LIMIT 1) k ON true
WHERE s.id = $1`

// Read returns a conversion with its whole way.
func Read(ctx context.Context, q Querier, scope Scope, id int64) (*Way, error) {
	r, err := one(ctx, q, scope, id)
	if err != nil {
		return nil, err
	}
	sales, err := collect[saleRow](ctx, q, "read sale of conversion", selectSale, id)
	if err != nil {
		return nil, err
	}
	if len(sales) == 0 {
		return nil, ErrUnknown // gone meanwhile
	}
	d := &Way{Conversion: r.view()}
	d.Sale, d.Click = sales[0].views()
	if d.Sale.Refunds, err = refundsOf(ctx, q, sales[0].SaleID); err != nil {
		return nil, err
	}
	d.Gates = gatesOf(r)
	return d, d.readWay(ctx, q, id)
}

func (s saleRow) views() (Sale, *Click) {
	sale := Sale{Rule: text(s.Rule), Borrowed: s.Borrowed, Via: schema.Via(s.Via).String(), BotReasons: s.BotReasons, Consent: consentOf(&s.Analytics, &s.UserData, &s.Personal)}
	if sale.BotReasons == nil {
		sale.BotReasons = []string{}
	}
	if s.ClickID == nil {
		return sale, nil
	}
	return sale, &Click{
		ClickedAt: s.ClickedAt.UTC(), EventID: text(s.EventID), LandingURL: schema.MaskClicks(text(s.LandingURL)), Source: text(s.Source), Medium: text(s.Medium), Campaign: text(s.Campaign),
		Term: text(s.Term), Content: text(s.Content), CampaignID: text(s.CampaignID), Consent: consentOf(s.ClickAnalytics, s.ClickUser, s.ClickPA),
	}
}

func consentOf(analytics, user, personal *int16) Consent {
	name := func(n *int16) string {
		if n == nil {
			return consents[0]
		}
		return consents[min(max(int(*n), 0), len(consents)-1)]
	}
	return Consent{name(analytics), name(user), name(personal)}
}

var consents = [...]string{"unset", "granted", "denied"}

func refundsOf(ctx context.Context, q Querier, sale int64) ([]Refund, error) {
	type refund struct {
		EventID    string
		OccurredAt time.Time
		Amount     int64
		Currency   string
	}
	rows, err := collect[refund](ctx, q, "read refunds of sale", `SELECT event_id, occurred_at, amount, currency FROM refunds WHERE sale_id = $1 ORDER BY occurred_at, id`, sale)
	all := make([]Refund, len(rows))
	for i, r := range rows {
		all[i] = Refund{r.EventID, r.OccurredAt.UTC(), schema.Micros(r.Amount).String(), r.Currency}
	}
	return all, err
}
