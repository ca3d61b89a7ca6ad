package admin

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/workspaces"
)

// meanings says of each code of a problem when it comes, for the description of the API.
var meanings = map[kind]string{
	invalidQuery:          "The report that was asked for has mistakes; errors lists each with its place.",
	malformed:             "The request is empty, or no JSON, or did not arrive as a whole.",
	invalidRequest:        "A field, parameter or header is not as it has to be; errors lists each with its place.",
	signedOut:             "There is no sign-in, or it has ended.",
	invalidKey:            "The API key is unknown, expired or revoked.",
	sessionNeeded:         "This needs a person who is signed in; an API key does not do.",
	secondFactorNeeded:    "The workspace demands a second factor: turn two-step sign-in on, or sign in with a passkey.",
	forbidden:             "One's role in the workspace does not allow it.",
	crossOrigin:           "The request came from a page of another site.",
	notFound:              "There is no such thing, or it belongs to somebody else.",
	wrongMethod:           "The address takes other methods, which stand in Allow.",
	conflict:              "It does not fit to what there is; detail says why.",
	tooLarge:              "The request is too large.",
	tooSlow:               "The request did not arrive in time.",
	unknownMediaType:      "The request is not of a media type that the address takes.",
	tooExpensive:          "The report takes more time or memory than it may; it would fail again as it is.",
	rateLimited:           "Too many requests a second; come again after Retry-After.",
	internalError:         "Something is wrong in the product itself.",
	clickHouseUnavailable: "ClickHouse does not answer; events are still collected.",
	postgresUnavailable:   "Postgres does not answer; nothing, or all of it, was done.",
	starting:              "The service waits for its databases.",
	stopping:              "The service is being stopped.",
	busy:                  "Too much is going on at this moment; come again after Retry-After.",
	keyReused:             "The Idempotency-Key came with another request before.",
	conditionNeeded:       "If-Match is missing.",
	exportsOff:            "This installation has no directory for copies, or the file is on another machine.",
	confirmNeeded:         "The change has an effect that has to be confirmed; detail says which, and how.",
	googleRefused:         "Google does not allow it; detail says what Google said, and what mends it.",
	googleUnavailable:     "Google does not answer; nothing was changed.",
	googleOff:             "This installation has no OAuth client at Google.",
	scopeNeeded:           "The API key does not have the scope that this needs.",

	kind(workspaces.Changed):       "Somebody changed it since it was read; read it again.",
	kind(workspaces.OtherAddress):  "The invitation is for another address than the account's.",
	kind(workspaces.AlreadyMember): "The person is a member already.",

	kind(accounts.WrongCredentials): "E-mail address, password or passkey is wrong.",
	kind(accounts.WrongPassword):    "The password is wrong.",
	kind(accounts.WrongCode):        "The code is wrong, or was used already.",
	kind(accounts.ProofNeeded):      "The account has no password, and the sign-in is not fresh; sign in again.",
	kind(accounts.LinkInvalid):      "The link is not known.",
	kind(accounts.LinkUsed):         "The link was used already.",
	kind(accounts.LinkExpired):      "The link has expired.",
	kind(accounts.CeremonyOver):     "The steps took too long, or were done already; begin again.",
	kind(accounts.TooMany):          "Too many attempts; come again after Retry-After.",
	kind(accounts.LastOwner):        "A workspace would be left without an owner.",
	kind(accounts.SignUpClosed):     "Strangers cannot sign up here.",
	kind(accounts.MailOff):          "This installation sends no mail.",
	kind(accounts.SecretsOff):       "This installation has no file of master keys, or the key is missing in it.",
	kind(accounts.PasskeysOff):      "Browsers allow no passkeys under this address.",
}

// Problems that several routes share.
var (
	ofLinks  = []kind{kind(accounts.LinkInvalid), kind(accounts.LinkUsed), kind(accounts.LinkExpired)}
	ofProof  = []kind{kind(accounts.WrongPassword), kind(accounts.ProofNeeded), kind(accounts.TooMany)}
	ofReader = []kind{clickHouseUnavailable, tooExpensive}
)

// askingGoogle are the problems of whatever asks Google.
var askingGoogle = []kind{googleRefused, googleUnavailable, googleOff}

// ownCodes are the problems of a route beside those that come with its shape (shapeCodes).
var ownCodes = map[string][]kind{
	"query":          append([]kind{invalidQuery, notFound}, ofReader...),
	"erase":          {notFound},
	"query-funnel":   append([]kind{invalidQuery}, ofReader...),
	"preview-funnel": append([]kind{invalidQuery}, ofReader...),
	"preview-goal":   append([]kind{invalidQuery}, ofReader...),
	"freshness":      ofReader,
	"ingestion":      ofReader,
	"live":           {stopping},

	"sign-up":               {kind(accounts.SignUpClosed), kind(accounts.MailOff), kind(accounts.TooMany)},
	"verify-email":          append([]kind{kind(accounts.WrongPassword), kind(accounts.TooMany)}, ofLinks...),
	"sign-in":               {kind(accounts.WrongCredentials), kind(accounts.TooMany)},
	"sign-in-second-factor": {kind(accounts.CeremonyOver), kind(accounts.WrongCode), kind(accounts.TooMany), kind(accounts.SecretsOff)},
	"begin-passkey-sign-in": {kind(accounts.PasskeysOff), kind(accounts.TooMany)},
	"passkey-sign-in":       {kind(accounts.PasskeysOff), kind(accounts.CeremonyOver), kind(accounts.WrongCredentials)},
	"forgot-password":       {kind(accounts.MailOff), kind(accounts.TooMany)},
	"reset-password":        ofLinks,

	"change-password":    ofProof,
	"change-email":       append([]kind{kind(accounts.MailOff)}, ofProof...),
	"confirm-email":      ofLinks,
	"begin-totp":         append([]kind{kind(accounts.SecretsOff)}, ofProof...),
	"confirm-totp":       {kind(accounts.CeremonyOver), kind(accounts.WrongCode), kind(accounts.TooMany), kind(accounts.SecretsOff)},
	"remove-totp":        append([]kind{kind(accounts.WrongCode), kind(accounts.SecretsOff)}, ofProof...),
	"new-recovery-codes": ofProof,
	"begin-passkey":      append([]kind{kind(accounts.PasskeysOff)}, ofProof...),
	"add-passkey":        {kind(accounts.PasskeysOff), kind(accounts.CeremonyOver)},
	"remove-passkey":     ofProof,
	"end-session":        ofProof,
	"end-other-sessions": ofProof,
	"delete-account":     append([]kind{kind(accounts.LastOwner)}, ofProof...),

	"export-account":      {exportsOff},
	"export-workspace":    {exportsOff},
	"link-account-export": {exportsOff},
	"link-export":         {exportsOff},
	"load-export":         {exportsOff, notFound, conflict},
	"correct-event":       ofReader,
	"find-events":         ofReader,
	"preview-erase":       append([]kind{notFound}, ofReader...),
	"request":             {kind(accounts.MailOff)},
	"confirm-request":     {notFound, kind(accounts.MailOff)},

	"begin-google":             {googleOff},
	"change-google-connection": askingGoogle,
	"google-accounts":          append([]kind{conflict}, askingGoogle...),
	"google-actions":           append([]kind{conflict}, askingGoogle...),
	"probe-google":             append([]kind{kind(workspaces.Changed)}, askingGoogle...),
	"create-conversion-action": askingGoogle,
	"test-conversion-action":   askingGoogle,

	"look-at-invitation": ofLinks,
	"join-by-invitation": append([]kind{conflict, kind(accounts.TooMany)}, ofLinks...),
	"accept-invitation":  append([]kind{kind(workspaces.OtherAddress), kind(workspaces.AlreadyMember)}, ofLinks...),
	"leave-workspace":    {kind(accounts.LastOwner)},
	"change-role":        {kind(accounts.LastOwner)},
	"remove-member":      {kind(accounts.LastOwner)},
	"invite":             {kind(accounts.MailOff), kind(accounts.TooMany), kind(workspaces.AlreadyMember)},
	"resend-invitation":  {kind(accounts.MailOff), kind(accounts.TooMany)},
}

// shapeCodes are the problems that follow from what a route takes and from who may call it.
func shapeCodes(r route, op *huma.Operation) []kind {
	codes := []kind{rateLimited, internalError, postgresUnavailable, starting, busy}
	if r.method != http.MethodGet {
		codes = append(codes, crossOrigin)
	}
	if r.method != http.MethodGet && r.need != beforeSignIn && r.name != "query" {
		codes = append(codes, conflict)
	}
	if r.need != beforeSignIn {
		codes = append(codes, signedOut, invalidKey)
		if grants[r.need].keys {
			codes = append(codes, scopeNeeded)
		} else {
			codes = append(codes, sessionNeeded)
		}
	}
	if grants[r.need].roles != nil {
		codes = append(codes, forbidden)
	}
	if op.RequestBody != nil {
		codes = append(codes, malformed, invalidRequest, tooLarge, tooSlow, unknownMediaType)
	}
	for _, p := range op.Parameters {
		codes = append(codes, invalidRequest)
		switch {
		case p.Name == "workspace_id":
			codes = append(codes, notFound, kind(workspaces.Changed)) // one's role, too, may change meanwhile
		case p.In == "path":
			codes = append(codes, notFound)
		case p.Name == "Idempotency-Key":
			codes = append(codes, keyReused, malformed, tooLarge)
		case p.Name == "If-Match":
			codes = append(codes, kind(workspaces.Changed), conditionNeeded)
		}
	}
	return codes
}

// codesOf returns the problems with which a route answers, by their status.
func codesOf(r route, op *huma.Operation) map[int][]kind {
	all := map[int][]kind{}
	for _, code := range slices.Concat(shapeCodes(r, op), ownCodes[r.name]) {
		status := statuses[code]
		if !slices.Contains(all[status], code) {
			all[status] = append(all[status], code)
		}
	}
	return all
}

// ProblemCode is a code as the description lists it.
type ProblemCode struct {
	Code    string `json:"code"`
	Status  int    `json:"status"`
	Meaning string `json:"meaning"`
}

// problemCodes are all codes, by status and name.
func problemCodes() []ProblemCode {
	var all []ProblemCode
	for code, status := range statuses {
		all = append(all, ProblemCode{string(code), status, meanings[code]})
	}
	slices.SortFunc(all, func(a, b ProblemCode) int {
		if a.Status != b.Status {
			return a.Status - b.Status
		}
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return all
}
