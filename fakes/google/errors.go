package google

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Types of details in Google's errors.
const (
	typeErrorInfo   = "type.googleapis.com/google.rpc.ErrorInfo"
	typeBadRequest  = "type.googleapis.com/google.rpc.BadRequest"
	typeRequestInfo = "type.googleapis.com/google.rpc.RequestInfo"
	typeAdsFailure  = "type.googleapis.com/google.ads.googleads."
)

// apiError is an answer of Google's APIs that refuses the whole request.
type apiError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  string `json:"status"`
	Details []any  `json:"details,omitempty"`
}

// violation is one field that breaks a rule.
type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
	Reason      string `json:"reason"`
}

var statusOf = map[int]string{
	http.StatusBadRequest: "INVALID_ARGUMENT", http.StatusUnauthorized: "UNAUTHENTICATED", http.StatusForbidden: "PERMISSION_DENIED",
	http.StatusNotFound: "NOT_FOUND", http.StatusTooManyRequests: "RESOURCE_EXHAUSTED", http.StatusInternalServerError: "INTERNAL",
}

func newError(code int, message string, details ...any) *apiError {
	return &apiError{Code: code, Message: message, Status: statusOf[code], Details: details}
}

func errorInfo(reason, domain string) map[string]any {
	return map[string]any{"@type": typeErrorInfo, "reason": reason, "domain": domain}
}

// badRequest is the answer of Data Manager to fields that break rules: all of them, nothing is taken.
func badRequest(requestID string, violations []violation) *apiError {
	return newError(http.StatusBadRequest, "There was a problem with the request.",
		errorInfo("INVALID_ARGUMENT", domainDataManager),
		map[string]any{"@type": typeBadRequest, "fieldViolations": violations},
		map[string]any{"@type": typeRequestInfo, "requestId": requestID})
}

func (e *apiError) write(w http.ResponseWriter) {
	if e.Code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(30))
	}
	writeJSON(w, e.Code, map[string]*apiError{"error": e})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client may be gone
}

// failure is one error of the Google Ads API.
type failure struct {
	ErrorCode map[string]string `json:"errorCode"`
	Message   string            `json:"message"`
	Location  *location         `json:"location,omitempty"`
}

type location struct {
	FieldPathElements []pathElement `json:"fieldPathElements"`
}

type pathElement struct {
	FieldName string `json:"fieldName"`
	Index     *int   `json:"index,omitempty"`
}

// failures is a GoogleAdsFailure.
func failures(version string, list []failure) map[string]any {
	return map[string]any{"@type": typeAdsFailure + version + ".errors.GoogleAdsFailure", "errors": list, "requestId": newID("")}
}

// adsError is an answer of the Google Ads API that refuses the whole request.
func adsError(status int, version, kind, code, message string) *apiError {
	return newError(status, "The caller does not have permission or the request is invalid. See details.",
		failures(version, []failure{{ErrorCode: map[string]string{kind: code}, Message: message}}))
}
