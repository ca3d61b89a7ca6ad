package google

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"

	"noctra/fakes"
)

var (
	fromTable = regexp.MustCompile(`(?is)^\s*SELECT\s.+?\sFROM\s+(\w+)(?:\s+WHERE\s+(.+))?\s*$`)
	whereType = regexp.MustCompile(`(?i)conversion_action\.type\s*=\s*'(\w+)'`)
)

// search answers the questions of the Google Ads API that connecting an account needs, as the array
// of chunks that searchStream is. Fields are not selected: all that the fake knows are there.
func (s *Service) search(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Query string `json:"query"`
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(raw, &request)
	}
	if err != nil {
		newError(http.StatusBadRequest, "Invalid JSON payload received.").write(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, c, problem := s.adsCaller(r, r.PathValue("id"))
	if problem != nil {
		problem.write(w)
		return
	}
	match := fromTable.FindStringSubmatch(request.Query)
	if match == nil {
		adsError(http.StatusBadRequest, r.PathValue("version"), "queryError", "UNEXPECTED_INPUT", "Error in query: unexpected input.").write(w)
		return
	}
	var rows []any
	switch match[1] {
	case "customer":
		rows = []any{map[string]any{"customer": c.row()}}
	case "customer_client":
		rows = s.clientRows(c, 0)
	case "conversion_action":
		rows = c.actionRows(match[2])
	default:
		adsError(http.StatusBadRequest, r.PathValue("version"), "queryError", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", "Error in query: "+match[1]+".").write(w)
		return
	}
	writeJSON(w, http.StatusOK, []any{map[string]any{"results": rows, "requestId": newID("")}})
}

func (c *customer) row() map[string]any {
	return map[string]any{
		"resourceName": "customers/" + c.ID, "id": c.ID, "descriptiveName": c.Name, "currencyCode": c.Currency, "timeZone": c.TimeZone, "manager": c.Manager, "status": c.Status,
		"conversionTrackingSetting": map[string]any{"googleAdsConversionCustomer": "customers/" + c.ConversionCustomer, "acceptedCustomerDataTerms": c.DataTerms},
	}
}

func (s *Service) clientRows(c *customer, level int) []any {
	rows := []any{map[string]any{"customerClient": map[string]any{
		"resourceName": "customers/" + c.ID, "clientCustomer": "customers/" + c.ID, "id": c.ID, "descriptiveName": c.Name, "manager": c.Manager, "status": c.Status,
		"level": strconv.Itoa(level), "currencyCode": c.Currency, "timeZone": c.TimeZone,
	}}}
	for _, id := range c.Clients {
		rows = append(rows, s.clientRows(s.world.customer(id), level+1)...)
	}
	return rows
}

func (c *customer) actionRows(where string) []any {
	rows := []any{}
	kind := whereType.FindStringSubmatch(where)
	for _, a := range c.Actions {
		if kind != nil && a.Type != kind[1] {
			continue
		}
		counting := "MANY_PER_CLICK"
		if a.OnePerClick {
			counting = "ONE_PER_CLICK"
		}
		rows = append(rows, map[string]any{"conversionAction": map[string]any{
			"resourceName": "customers/" + c.ID + "/conversionActions/" + a.ID, "id": a.ID, "name": a.Name, "type": a.Type, "status": a.Status, "category": a.Category,
			"countingType": counting, "clickThroughLookbackWindowDays": strconv.Itoa(a.LookbackDays),
		}})
	}
	return rows
}

// tellClicks lets somebody say which clicks there were: [{"value", "customer_id", "at"}]. Rules about
// clicks hold for those alone.
func (s *Service) tellClicks(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	var clicks []click
	if err == nil {
		err = json.Unmarshal(raw, &clicks)
	}
	for _, c := range clicks {
		if err == nil && (!isClick(c.Value) || s.world.customer(c.CustomerID) == nil || c.At.IsZero()) {
			err = fmt.Errorf("click %q: value, customer_id or at is wrong", c.Value)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.keep(entry{At: s.now().UTC(), Clicks: clicks}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fakes.WriteJSON(w, map[string]int{"clicks": len(clicks)})
}
