package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// copies are two orders that two people's sales are of, with a refund each. One was sent.
type copies struct{ *office }

// sell has them reported, and then the first person erased.
func (o copies) sell() {
	const first, second = "copies-alice", "copies-bob"
	o.report("sale", "copies-open-1", "C-open", first, "")
	o.report("sale", "copies-sent-1", "C-sent", first, "Cj0KCQiAcopyoffirst")
	o.becomes("copies-open-1", "waiting no_click")
	o.await("both sales are read", 3*time.Minute, func() error {
		_, err := o.conversionOf("copies-sent-1")
		return err
	})
	o.report("sale", "copies-open-2", "C-open", second, "Cj0KCQiAcopyofopen")
	o.report("sale", "copies-sent-2", "C-sent", second, "Cj0KCQiAcopyofsent")
	o.report("refund", "copies-open-back", "C-open", "", "")
	o.report("refund", "copies-sent-back", "C-sent", "", "")
	o.becomes("copies-open-2", "superseded order_repeated")
	o.becomes("copies-sent-2", "superseded order_repeated")
	o.await("google has what is left of the order that was sent", 3*time.Minute, o.hasOf("C-sent", "100.00"))
	o.await("the product knows", 3*time.Minute, func() error {
		if c, err := o.conversionOf("copies-sent-1"); err != nil || c.GoogleValue != "100.00" {
			return fmt.Errorf("%+v, %w", c, err)
		}
		return nil
	})
	o.ask(http.MethodPost, "/erasures", map[string]any{"site_id": o.siteID(), "subject": map[string]any{"user_id": first}}, nil, "Idempotency-Key", "copies-of-alice")
}

// outlive looks what becomes of them once the first person is gone: of the order that was not sent the other's sale takes
// over, less the refund, and of the one that Google has nothing is sent again.
func (o copies) outlive(t *testing.T) {
	o.t, o.product.t = t, t
	o.becomes("copies-open-2", "accepted ")
	o.becomes("copies-sent-2", "superseded erased_sale_sent")
	for _, order := range []string{"C-open", "C-sent"} {
		if err := o.hasOf(order, "100.00")(); err != nil {
			t.Errorf("%s: %v", order, err)
		}
	}
	if left := o.text(`SELECT count(*)::text FROM sales WHERE event_id IN ('copies-open-1', 'copies-sent-1')`); left != "0" {
		t.Errorf("%s sales of the first are left", left)
	}
	o.closes(t)
}

// report sends an event of an order, of somebody or of a server alone.
func (o *office) report(kind, id, order, user, click string) {
	o.t.Helper()
	event := map[string]any{"id": id, "type": kind, "site": o.ready.Demo.SiteKey, "order_id": order, "amount": "129.90", "currency": "EUR"}
	if kind == "refund" {
		event["amount"] = "29.90"
	} else {
		event["url"], event["user_id"] = "https://"+o.ready.Demo.Hostname+"/order/done", user
		event["consent"] = map[string]string{"analytics": "granted", "ad_user_data": "granted", "ad_personalization": "granted"}
	}
	if click != "" {
		event["gclid"] = click
	}
	body, err := json.Marshal(event)
	if err != nil {
		o.t.Fatal(err)
	}
	if got, err := o.send(body, nil); err != nil || got.Accepted != 1 {
		o.t.Fatalf("%s: %+v, %v", id, got, err)
	}
}

// becomes waits until the conversion of an event is in a state, for a reason.
func (o *office) becomes(event, want string) {
	o.t.Helper()
	o.await(event+" is "+want, 3*time.Minute, func() error {
		c, err := o.conversionOf(event)
		if got := c.State + " " + c.Reason; err == nil && got != want {
			err = fmt.Errorf("it is %s", got)
		}
		return err
	})
}

// hasOf says whether Google has an order, once, with a value.
func (o *office) hasOf(order, value string) func() error {
	return func() error {
		got, err := o.transactionOf(order)
		if err == nil && (got.State != "accepted" || got.Value != value) {
			err = fmt.Errorf("google has %+v", got)
		}
		return err
	}
}

// closes compares the reconciliation of the site's last days with its own sums, and with the sales themselves.
func (o *office) closes(t *testing.T) {
	t.Helper()
	var r struct {
		Total struct {
			Tracked struct{ Count int }
			Leaves  []struct{ Count int }
		}
	}
	o.await("a reconciliation that closes", 3*time.Minute, func() error {
		// The two are read one after the other: what comes in between makes them differ once.
		want := o.text(`SELECT sum(greatest(1, (SELECT count(*) FROM conversions c WHERE c.sale_id = s.id)))::text FROM sales s WHERE s.site_id = $1::text::bigint`, o.siteID())
		o.ask(http.MethodGet, "/reconciliation?site_id="+o.siteID()+"&from="+time.Now().AddDate(0, 0, -90).Format(time.DateOnly), nil, &r)
		sum := 0
		for _, leaf := range r.Total.Leaves {
			sum += leaf.Count
		}
		if sum != r.Total.Tracked.Count || fmt.Sprint(sum) != want {
			return fmt.Errorf("%d are tracked, %d add up, %s are sold", r.Total.Tracked.Count, sum, want)
		}
		return nil
	})
}
