package google

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	adsTime      = "2006-01-02 15:04:05-07:00"
	mostAdsUsers = 5
)

// versions of the Google Ads API that still answer.
var versions = []string{"v22", "v23", "v24", "v25", "v26"}

// adsTaken is what a request to the Google Ads API has changed.
type adsTaken struct {
	Made     []Transaction `json:"made,omitempty"`
	Adjusted []adjusted    `json:"adjusted,omitempty"`
	Rejected []Rejection   `json:"rejected,omitempty"`
}

// adjusted is a change of a transaction.
type adjusted struct {
	Key      string       `json:"key"`
	Kind     string       `json:"kind"`
	At       time.Time    `json:"at"`
	Value    string       `json:"value,omitempty"`
	Currency string       `json:"currency,omitempty"`
	Users    []identifier `json:"users,omitempty"`
}

func (l *ledger) applyAds(t *adsTaken) {
	for i := range t.Made {
		made := t.Made[i]
		key := made.adsKey()
		l.add(key, &made)
		if _, value := made.click(); value != "" {
			if first := made.Action + " " + value; l.perClick[first] == "" {
				l.perClick[first] = key
			}
		}
	}
	for _, a := range t.Adjusted {
		one := l.transactions[a.Key]
		if one == nil {
			continue
		}
		switch a.Kind {
		case retraction:
			one.State = retracted
		case restatement:
			one.Value = a.Value
			if a.Currency != "" {
				one.Currency = a.Currency
			}
		case enhancement:
			one.UserIdentifiers, one.enhanced = a.Users, true
		}
		one.restated = a.At
		one.Adjustments++
	}
	l.rejections = append(l.rejections, t.Rejected...)
}

// adsKey is the key of a conversion of the Google Ads API: by order id, or by click and time.
func (t *Transaction) adsKey() string {
	if t.TransactionID != "" {
		return t.key("", 0)
	}
	_, value := t.click()
	return t.Action + " " + value + " " + t.ConvertedAt.Format(time.RFC3339)
}

// adsCaller checks version, token and account. The caller holds mu.
func (s *Service) adsCaller(r *http.Request, id string) (access, *customer, *apiError) {
	version := r.PathValue("version")
	if !slices.Contains(versions, version) {
		return access{}, nil, newError(http.StatusNotFound, "Version "+version+" is not supported.")
	}
	who, problem := s.caller(r, scopeAds)
	if problem != nil || id == "" {
		return who, nil, problem
	}
	login := r.Header.Get("login-customer-id")
	if login != "" && !digits(login) {
		return who, nil, adsError(http.StatusBadRequest, version, "headerError", "INVALID_LOGIN_CUSTOMER_ID", "The login customer id is not a number without dashes.")
	}
	c := s.world.customer(id)
	switch {
	case !digits(id) || c == nil || !s.world.reaches(who.user, login, id):
		return who, nil, adsError(http.StatusForbidden, version, "authorizationError", "USER_PERMISSION_DENIED", "User doesn't have permission to access customer.")
	case c.Status != "ENABLED":
		return who, nil, adsError(http.StatusForbidden, version, "authorizationError", "CUSTOMER_NOT_ENABLED", "The customer account can't be accessed because it is not yet enabled or has been deactivated.")
	}
	return who, c, nil
}

func (s *Service) listCustomers(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, _, problem := s.adsCaller(r, "")
	if problem != nil {
		problem.write(w)
		return
	}
	names := []string{}
	for _, id := range s.world.user(who.user).Customers {
		names = append(names, "customers/"+id)
	}
	writeJSON(w, http.StatusOK, map[string]any{"resourceNames": names})
}

// adsCall is customers/{id}:uploadClickConversions and customers/{id}:uploadConversionAdjustments.
func (s *Service) adsCall(w http.ResponseWriter, r *http.Request) {
	id, call, _ := strings.Cut(r.PathValue("call"), ":")
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		newError(http.StatusBadRequest, "Request payload size exceeds the limit.").write(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	log := Logged{At: s.now().UTC(), Path: r.URL.Path, Status: http.StatusOK, RequestID: newID("")}
	u := &upload{s: s, version: r.PathValue("version"), raw: raw, log: &log}
	var problem *apiError
	var who access
	if who, u.customer, problem = s.adsCaller(r, id); problem == nil {
		log.User = who.user
		problem = u.run(call)
	}
	if problem != nil {
		log.Status, log.Reason, u.taken = problem.Code, problem.Status, nil
	}
	if err := s.keep(entry{At: log.At, Ads: u.taken, Log: &log}); err != nil {
		problem = s.failed(err)
	}
	if problem != nil {
		problem.write(w)
		return
	}
	writeJSON(w, http.StatusOK, u.answer())
}

// upload is one request with rows.
type upload struct {
	s        *Service
	version  string
	raw      []byte
	log      *Logged
	customer *customer

	taken    *adsTaken
	results  []any // a failed row is {}
	failures []failure
	field    string // of the rows, in locations
	jobID    string
}

func (u *upload) run(call string) *apiError {
	if !u.customer.Uploads {
		return adsError(http.StatusForbidden, u.version, "notAllowlistedError", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", "Customer is not allowlisted for accessing this feature.")
	}
	u.s.settle(u.s.now())
	u.taken = &adsTaken{}
	switch call {
	case "uploadClickConversions":
		return u.clicks()
	case "uploadConversionAdjustments":
		return u.adjustments()
	}
	return newError(http.StatusNotFound, "Method not found.")
}

// begin checks what both calls have in common.
func (u *upload) begin(rows int, partial, dry bool, tooMany map[string]string) *apiError {
	u.log.Rows, u.log.Dry = rows, dry
	if !partial {
		return adsError(http.StatusBadRequest, u.version, "requestError", "PARTIAL_FAILURE_MODE_REQUIRED", "The partial failure mode is required.")
	}
	if rows == 0 {
		return adsError(http.StatusBadRequest, u.version, "requestError", "REQUIRED_FIELD_MISSING", "The request has no rows.")
	}
	if rows > mostEvents {
		return newError(http.StatusBadRequest, "Too many rows.", failures(u.version, []failure{{ErrorCode: tooMany, Message: "Too many rows in the request."}}))
	}
	return nil
}

// fail notes that a row failed.
func (u *upload) fail(i int, id, kind, reason string) {
	u.results = append(u.results, struct{}{})
	index := i
	u.failures = append(u.failures, failure{ErrorCode: map[string]string{kind: reason}, Message: strings.ToLower(strings.ReplaceAll(reason, "_", " ")) + ".",
		Location: &location{[]pathElement{{FieldName: u.field, Index: &index}}}})
	u.taken.Rejected = append(u.taken.Rejected, Rejection{At: u.log.At, RequestID: u.log.RequestID, TransactionID: id, Reason: reason})
}

// end makes a dry run change nothing.
func (u *upload) end() {
	if u.log.Dry {
		u.taken = nil
		for i := range u.results {
			u.results[i] = struct{}{}
		}
	}
}

func (u *upload) answer() map[string]any {
	answer := map[string]any{"results": u.results, "jobId": u.jobID}
	if len(u.failures) > 0 {
		answer["partialFailureError"] = map[string]any{"code": 3, "message": "Multiple errors in ‘details’. First error: " + u.failures[0].Message, "details": []any{failures(u.version, u.failures)}}
	}
	return answer
}

// job is the id that a request names, or a new one.
func (u *upload) job(asked json.Number) {
	u.jobID = asked.String()
	if u.jobID == "" {
		u.jobID = strconv.FormatInt(u.log.At.UnixMicro()%1_000_000_000, 10)
	}
}

func (u *upload) action(resource string) *action {
	rest, ok := strings.CutPrefix(resource, "customers/"+u.customer.ID+"/conversionActions/")
	if !ok || u.customer.ConversionCustomer != u.customer.ID {
		return nil
	}
	a := u.customer.action(rest)
	if a == nil || a.Status != "ENABLED" {
		return nil
	}
	return a
}

type adsIdentifier struct {
	HashedEmail          string `json:"hashedEmail,omitempty"`
	HashedPhoneNumber    string `json:"hashedPhoneNumber,omitempty"`
	UserIdentifierSource string `json:"userIdentifierSource,omitempty"`
}

// readIdentifiers returns them, or the reason why they are wrong.
func readIdentifiers(list []adsIdentifier) ([]identifier, string) {
	if len(list) > mostAdsUsers {
		return nil, "TOO_MANY_USER_IDENTIFIERS"
	}
	all := []identifier{}
	for _, one := range list {
		if (one.HashedEmail == "") == (one.HashedPhoneNumber == "") || !isHash(one.HashedEmail+one.HashedPhoneNumber) {
			return nil, "INVALID_USER_IDENTIFIER"
		}
		all = append(all, identifier{one.HashedEmail, one.HashedPhoneNumber})
	}
	return all, ""
}
