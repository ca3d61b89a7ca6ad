package google

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	domainDataManager = "datamanager.googleapis.com"
	pathIngest        = "/v1/events:ingest"
)

// ingestRequest is the body of events:ingest, as far as conversions need it.
type ingestRequest struct {
	Destinations []destination `json:"destinations"`
	Events       []event       `json:"events"`
	Encoding     string        `json:"encoding"`
	Consent      consent       `json:"consent"` // where an event has none of its own
	ValidateOnly bool          `json:"validateOnly"`
}

type account struct {
	AccountType string `json:"accountType"`
	AccountID   string `json:"accountId"`
}

type destination struct {
	Reference            string   `json:"reference,omitempty"`
	OperatingAccount     account  `json:"operatingAccount"`
	LoginAccount         *account `json:"loginAccount,omitempty"`
	ProductDestinationID string   `json:"productDestinationId"`
}

type event struct {
	DestinationReferences []string         `json:"destinationReferences,omitempty"`
	TransactionID         string           `json:"transactionId,omitempty"`
	EventTimestamp        string           `json:"eventTimestamp"`
	LastUpdatedTimestamp  string           `json:"lastUpdatedTimestamp,omitempty"`
	EventSource           string           `json:"eventSource,omitempty"`
	EventName             string           `json:"eventName,omitempty"`
	AdIdentifiers         adIdentifiers    `json:"adIdentifiers"`
	UserData              userData         `json:"userData"`
	Consent               consent          `json:"consent"`
	ConversionValue       json.Number      `json:"conversionValue,omitempty"`
	Currency              string           `json:"currency,omitempty"`
	EventDeviceInfo       *deviceInfo      `json:"eventDeviceInfo,omitempty"`
	CartData              json.RawMessage  `json:"cartData,omitempty"`
	CustomVariables       []customVariable `json:"customVariables,omitempty"`
}

type adIdentifiers struct {
	Gclid                 string      `json:"gclid,omitempty"`
	Gbraid                string      `json:"gbraid,omitempty"`
	Wbraid                string      `json:"wbraid,omitempty"`
	SessionAttributes     string      `json:"sessionAttributes,omitempty"`
	LandingPageDeviceInfo *deviceInfo `json:"landingPageDeviceInfo,omitempty"`
}

type deviceInfo struct {
	UserAgent string `json:"userAgent,omitempty"`
	IPAddress string `json:"ipAddress,omitempty"`
}

type userData struct {
	UserIdentifiers []identifier `json:"userIdentifiers,omitempty"`
}

type customVariable struct {
	Variable string `json:"variable"`
	Value    string `json:"value"`
}

// taken is a request that Data Manager has received.
type taken struct {
	ID           string         `json:"id"`
	At           time.Time      `json:"at"`
	User         string         `json:"user"`
	Destinations []destination  `json:"destinations"`
	Events       []event        `json:"events"`
	Ordered      map[int]string `json:"ordered,omitempty"` // outcomes of events, by their number

	outcomes []outcome // of each destination; nil until it is processed
}

// outcome is what processing came to for a destination: how many events failed for which reason.
type outcome map[string]int

func (s *Service) ingest(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		newError(http.StatusBadRequest, "Request payload size exceeds the limit.").write(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	log := Logged{At: s.now().UTC(), Path: r.URL.Path, Status: http.StatusOK}
	problem := s.ingestLocked(r, raw, &log)
	if problem != nil {
		log.Status, log.Reason, log.RequestID = problem.Code, problem.Status, ""
		if err := s.keep(entry{At: log.At, Log: &log}); err != nil {
			problem = newError(http.StatusInternalServerError, err.Error())
		}
		problem.write(w)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"requestId": log.RequestID})
}

// ingestLocked takes a request, or says why not. The caller holds mu.
func (s *Service) ingestLocked(r *http.Request, raw []byte, log *Logged) *apiError {
	who, problem := s.caller(r, scopeDataManager)
	if problem != nil {
		return problem
	}
	log.User = who.user
	if !s.quota.take(s.now()) {
		return newError(http.StatusTooManyRequests, "Quota exceeded for quota metric 'Ingest requests' and limit 'Ingest requests per minute' of service 'datamanager.googleapis.com'.",
			errorInfo("RATE_LIMIT_EXCEEDED", "googleapis.com"))
	}
	request, problem := readIngest(raw)
	if problem != nil {
		return problem
	}
	log.Rows, log.Dry, log.RequestID = len(request.Events), request.ValidateOnly, newID("")
	if problem := s.checkDestinations(who, request, log.RequestID); problem != nil {
		return problem
	}
	if violations := checkEvents(request, s.now()); len(violations) > 0 {
		return badRequest(log.RequestID, violations)
	}
	if problem := s.orders.refuseIngest(request, log.RequestID); problem != nil {
		return problem
	}
	if request.ValidateOnly { // the rule below is one that it does not foresee
		return s.failed(s.keep(entry{At: log.At, Log: log}))
	}
	for i := range request.Events {
		if digits(request.Events[i].TransactionID) {
			return newError(http.StatusBadRequest, "Request contains an invalid argument.")
		}
		if request.Events[i].Consent == (consent{}) {
			request.Events[i].Consent = request.Consent
		}
	}
	t := &taken{ID: log.RequestID, At: log.At, User: who.user, Destinations: request.Destinations, Events: request.Events, Ordered: s.orders.ordered(request)}
	return s.failed(s.keep(entry{At: log.At, Ingest: t, Log: log}))
}

// failed is the answer where the fake itself has failed.
func (s *Service) failed(err error) *apiError {
	if err == nil {
		return nil
	}
	s.log.Error("journal not written", "error", err.Error())
	return newError(http.StatusInternalServerError, "Internal error encountered.")
}

// readIngest decodes strictly: Google refuses fields that it does not know.
func readIngest(raw []byte) (*ingestRequest, *apiError) {
	request := &ingestRequest{}
	if err := decodeStrict(raw, request); err != nil {
		return nil, err
	}
	return request, nil
}

func decodeStrict(raw []byte, into any) *apiError {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	err := decoder.Decode(into)
	if err == nil && decoder.More() {
		return newError(http.StatusBadRequest, "Invalid JSON payload received. Unexpected token.")
	}
	if err == nil {
		return nil
	}
	message := "Invalid JSON payload received. " + err.Error()
	if _, name, found := strings.Cut(err.Error(), "unknown field "); found {
		message = "Invalid JSON payload received. Unknown name " + name + ": Cannot find field."
	}
	return newError(http.StatusBadRequest, message)
}

// checkDestinations says whether the caller may send to them.
func (s *Service) checkDestinations(who access, request *ingestRequest, requestID string) *apiError {
	if n := len(request.Destinations); n == 0 || n > mostDestinations {
		return badRequest(requestID, []violation{{"destinations", "A request has 1 to 10 destinations.", "INVALID_NUMBER_OF_DESTINATIONS"}})
	}
	var violations []violation
	for i, d := range request.Destinations {
		if v := d.check(i); len(v) > 0 {
			violations = append(violations, v...)
			continue
		}
		c := s.world.customer(d.OperatingAccount.AccountID)
		login := ""
		if d.LoginAccount != nil {
			login = d.LoginAccount.AccountID
		}
		if c == nil || c.Status != "ENABLED" || !s.world.reaches(who.user, login, c.ID) {
			return newError(http.StatusForbidden, "The caller does not have permission.", errorInfo("DESTINATION_ACCOUNT_ACCESS_DENIED", domainDataManager),
				map[string]any{"@type": typeRequestInfo, "requestId": requestID})
		}
		if !c.DataTerms {
			return newError(http.StatusForbidden, "The account has not accepted the customer data terms.", errorInfo("DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITED", domainDataManager))
		}
		if a := c.action(d.ProductDestinationID); c.ConversionCustomer != c.ID || a == nil || a.Type != "UPLOAD_CLICKS" || a.Status != "ENABLED" {
			violations = append(violations, violation{at("destinations", i, "productDestinationId"), "The conversion action does not exist in the operating account or cannot take events.", "INVALID_DESTINATION"})
		}
	}
	if len(violations) > 0 {
		return badRequest(requestID, violations)
	}
	return nil
}
