package schema

// Codes that say that Google has a conversion, and not under which transaction or with which value.
const (
	CodeOtherOfClick = "DUPLICATE_GCLID"                 // it counts one for a click, and has another one
	CodeSameClick    = "CLICK_CONVERSION_ALREADY_EXISTS" // of the same click, maybe another one
	CodeSameOrder    = "ORDER_ID_ALREADY_IN_USE"         // the same transaction, with whatever value it came the first time
)

// CodeExpired says that Google adjusts the conversion no more, over the Google Ads API. Of an adjustment that was sent before
// and not answered for, it leaves open whether Google has it.
const CodeExpired = "CONVERSION_EXPIRED"

// FromElsewhere says whether a code, which means that Google has it, leaves open what Google has. The same
// transaction is what was sent from here where it was sent before. Data Manager's DUPLICATE_TRANSACTION_ID
// leaves nothing open: a value that comes again there overwrites the one before.
func FromElsewhere(code string, sentBefore bool) bool {
	return code == CodeOtherOfClick || code == CodeSameClick || code == CodeSameOrder && !sentBefore
}

// googleReasons are the codes of the Data Manager API (without PROCESSING_ERROR_REASON_) and of the
// Google Ads API, and what each asks for. Sources: Google's protos of google/ads/datamanager/v1 and
// google/ads/googleads/v22 to v25.
var googleReasons = []UploadReason{
	// done
	{"DUPLICATE_TRANSACTION_ID", UploadDone, "Google has it already"},
	{"DUPLICATE_GCLID", UploadDone, "Google counts one conversion for a click and has it already"},
	{"CLICK_CONVERSION_ALREADY_EXISTS", UploadDone, "Google has it already"},
	{"ORDER_ID_ALREADY_IN_USE", UploadDone, "Google has it already"},
	{"CONVERSION_ALREADY_RETRACTED", UploadDone, "It was taken back already"},
	{"CONVERSION_ALREADY_ENHANCED", UploadDone, "It was enhanced already"},
	{"RESTATEMENT_ALREADY_EXISTS", UploadDone, "Google has this adjustment already"},
	// superseded
	{"MORE_RECENT_RESTATEMENT_FOUND", UploadNewer, "Google has a newer adjustment"},
	// later
	{"INTERNAL_ERROR", UploadLater, "Google had an error of its own; it is sent again"},
	{"TOO_RECENT_CLICK", UploadLater, "Google does not know the click yet; it is sent again in 6 hours"},
	{"TOO_RECENT_EVENT", UploadLater, "Google does not know the click yet; it is sent again in 6 hours"},
	{"TOO_RECENT_CONVERSION_ACTION", UploadLater, "Google wants 6 hours after a new action"},
	{"TOO_RECENT_CONVERSION", UploadLater, "Google adjusts a conversion when it is a day old; it is sent again"},
	{"LATER_THAN_MAXIMUM_DATE", UploadLater, "Google takes its time for one that is still to come; it is sent again"},
	{"EVENT_TIME_INVALID", UploadLater, "Google takes its time for one that is still to come; it is sent again"},
	{"INTERNAL", UploadLater, "Google had an error of its own; it is sent again"},
	{"TRANSIENT_ERROR", UploadLater, "Google had an error of its own; it is sent again"},
	{"CONCURRENT_MODIFICATION", UploadLater, "Google had an error of its own; it is sent again"},
	{"EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", UploadLater, "Google's quota is used up; it is sent when there is more"},
	{"EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION", UploadLater, "Google's quota is used up; it is sent when there is more"},
	{"RESOURCE_EXHAUSTED", UploadLater, "Google's quota is used up; it is sent when there is more"},
	{"RESOURCE_TEMPORARILY_EXHAUSTED", UploadLater, "Google's quota is used up; it is sent when there is more"},
	{"UNAVAILABLE", UploadLater, "Google did not answer; it is sent again"},
	{"DEADLINE_EXCEEDED", UploadLater, "Google took too long; it is sent again"},
	{"CLICK_NOT_FOUND", UploadLater, "Google does not find the click; it is sent again for some days"},
	{"EVENT_NOT_FOUND", UploadLater, "Google does not find the click; it is sent again for some days"},
	{"CONVERSION_NOT_FOUND", UploadLater, "Google does not find the conversion to adjust; it is sent again for some days"},
	// dead
	{"EVENT_TOO_OLD", UploadDead, "It happened too long ago for Google"},
	{"INVALID_GCLID", UploadDead, "Google does not accept the gclid"},
	{"INVALID_GBRAID", UploadDead, "Google does not accept the gbraid"},
	{"INVALID_WBRAID", UploadDead, "Google does not accept the wbraid"},
	{"CONVERSION_PRECEDES_CLICK", UploadDead, "The sale is earlier than the click"},
	{"DENIED_CONSENT", UploadDead, "Consent for ads was denied"},
	{"INVALID_OPERATING_ACCOUNT_FOR_CLICK", UploadDead, "The click belongs to another account of Google Ads"},
	{"ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID", UploadDead, "An action that counts one conversion for a click takes no gbraid or wbraid"},
	{"EXPIRED_EVENT", UploadDead, "The click is too old for Google"},
	{"UNPARSEABLE_GCLID", UploadDead, "Google does not accept the gclid"},
	{"UNPARSEABLE_GBRAID", UploadDead, "Google does not accept the gbraid"},
	{"UNPARSEABLE_WBRAID", UploadDead, "Google does not accept the wbraid"},
	{"CONVERSION_PRECEDES_EVENT", UploadDead, "The sale is earlier than the click"},
	{CodeExpired, UploadDead, "The conversion is older than 54 days and cannot be adjusted"},
	{"ORDER_ID_CONTAINS_PII", UploadDead, "Google takes the order id for personal data"},
	{"INVALID_USER_IDENTIFIER", UploadDead, "Google does not accept the hashed e-mail or phone"},
	{"INVALID_CUSTOMER_FOR_CLICK", UploadDead, "The click belongs to another account of Google Ads"},
	{"OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER", UploadDead, "The click belongs to another account of Google Ads"},
	{"NO_CONSENT", UploadDead, "The account has not consented to the use of such data at Google"},
	{"UNKNOWN_CONSENT", UploadDead, "Google does not know of consent for ads"},
	{"CONVERSION_NOT_COMPLIANT_WITH_ATT_POLICY", UploadDead, "Apple's rules on tracking do not allow it"},
	{"CONVERSION_TRACKING_NOT_ENABLED_AT_IMPRESSION_TIME", UploadDead, "The account did not measure conversions at the time of the click"},
	{"CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE", UploadDead, "The action always counts its default value, so it cannot be adjusted"},
	{"TOO_MANY_ADJUSTMENTS", UploadDead, "The conversion was adjusted as often as Google allows"},
	{"CONVERSION_ACTION_NOT_ELIGIBLE_FOR_ENHANCEMENT", UploadDead, "The action takes no enhancements"},
	// our fault
	{"GBRAID_WBRAID_BOTH_SET", UploadOurs, "Both gbraid and wbraid were sent"},
	{"DUPLICATE_ORDER_ID", UploadOurs, "One request named the order twice"},
	{"DUPLICATE_CLICK_CONVERSION_IN_REQUEST", UploadOurs, "One request named the conversion twice"},
	{"DUPLICATE_ADJUSTMENT_IN_REQUEST", UploadOurs, "One request named the adjustment twice"},
	{"DUPLICATE_ENHANCEMENT_IN_REQUEST", UploadOurs, "One request named the adjustment twice"},
	{"TOO_MANY_CONVERSIONS_IN_REQUEST", UploadOurs, "One request held too many conversions"},
	{"TOO_MANY_ADJUSTMENTS_IN_REQUEST", UploadOurs, "One request held too many adjustments"},
	{"TOO_MANY_EVENTS", UploadOurs, "One request held too many conversions"},
	{"TOO_MANY_USER_IDENTIFIERS", UploadOurs, "It named too many hashed identifiers"},
	{"UNSUPPORTED_USER_IDENTIFIER", UploadOurs, "Google does not accept the kind of identifier"},
	{"ADJUSTMENT_PRECEDES_CONVERSION", UploadOurs, "The adjustment was dated before the conversion"},
	{"GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET", UploadOurs, "The adjustment named its conversion in two ways"},
	{"MISSING_ORDER_ID_FOR_WEBPAGE", UploadOurs, "The adjustment named no order"},
	{"NO_IDENTIFIERS_PROVIDED", UploadOurs, "It named neither a click nor a hashed identifier"},
	{"MULTIPLE_AD_IDENTIFIERS", UploadOurs, "It named several clicks"},
	{"INVALID_ARGUMENT", UploadOurs, "Google did not accept the form of it"},
	{"INVALID_EVENT", UploadOurs, "Google did not accept the form of it"},
	{"INVALID_FORMAT", UploadOurs, "Google did not accept the form of it"},
	{"INVALID_NUMBER_FORMAT", UploadOurs, "Google did not accept the form of it"},
	{"INVALID_ENUM_VALUE", UploadOurs, "Google did not accept the form of it"},
	{"ENUM_VALUE_NOT_PERMITTED", UploadOurs, "Google did not accept the form of it"},
	{"INVALID_VALUE", UploadOurs, "Google did not accept the form of it"},
	{"VALUE_MUST_BE_UNSET", UploadOurs, "Google did not accept the form of it"},
	{"VALUE_TOO_LONG", UploadOurs, "Google did not accept the form of it"},
	{"INVALID_SHA256_FORMAT", UploadOurs, "Google did not accept the hashed e-mail or phone"},
	{"INVALID_HEX_ENCODING", UploadOurs, "Google did not accept the hashed e-mail or phone"},
	{"INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET", UploadOurs, "Google did not accept the form of its time"},
	{"INVALID_CURRENCY_CODE", UploadOurs, "Google does not know the currency"},
	{"UNSUPPORTED_CURRENCY_CODE", UploadOurs, "Google does not know the currency"},
	{"REQUIRED", UploadOurs, "Something that Google asks for was missing"},
	{"REQUIRED_FIELD_MISSING", UploadOurs, "Something that Google asks for was missing"},
	{"PARTIAL_FAILURE_MODE_REQUIRED", UploadOurs, "Something that Google asks for was missing"},
	{"INVALID_ADJUSTMENT_TYPE", UploadOurs, "Google did not accept the form of it"},
	{"INVALID_LOGIN_CUSTOMER_ID", UploadOurs, "Google did not accept the form of the manager's account number"},
	{"NOT_FOUND", UploadOurs, "Google does not know what was asked for; its API may have moved on"},
	// the customer has to act
	{"INVALID_GRANT", UploadCustomer, "The connection to Google was revoked or ran out; connect it again"},
	{"MISSING_SCOPES", UploadCustomer, "A permission was not granted; connect again and leave all of them ticked"},
	{"UNAUTHENTICATED", UploadCustomer, "Google does not accept the connection any more; connect it again"},
	{"OAUTH_TOKEN_REVOKED", UploadCustomer, "The connection to Google was revoked; connect it again"},
	{"OAUTH_TOKEN_EXPIRED", UploadCustomer, "The connection to Google ran out; connect it again"},
	{"OAUTH_TOKEN_INVALID", UploadCustomer, "Google does not accept the connection any more; connect it again"},
	{"OAUTH_TOKEN_DISABLED", UploadCustomer, "The connection to Google was disabled; connect it again"},
	{"USER_PERMISSION_DENIED", UploadCustomer, "Whoever connected has no access to the account any more"},
	{"PERMISSION_DENIED", UploadCustomer, "Whoever connected has no access to the account any more"},
	{"DESTINATION_ACCOUNT_ACCESS_DENIED", UploadCustomer, "Whoever connected has no access to the account any more"},
	{"DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITED", UploadCustomer, "The account has to accept Google's customer data terms"},
	{"ACCESS_DENIED_FOR_ACCOUNT_TYPE", UploadCustomer, "An account of this kind takes no uploads"},
	{"ACTION_NOT_PERMITTED", UploadCustomer, "Whoever connected may not upload to the account"},
	{"ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT", UploadCustomer, "The account of Google Ads is suspended"},
	{"CUSTOMER_NOT_FOUND", UploadCustomer, "Google does not know the account any more"},
	{"NOT_ADS_USER", UploadCustomer, "Whoever connected has no account of Google Ads"},
	{"TWO_STEP_VERIFICATION_NOT_ENROLLED", UploadCustomer, "Whoever connected has to turn on two-step verification at Google, and to connect again"},
	{"PROJECT_DISABLED", UploadCustomer, "The Google Cloud project of this installation is disabled; its operator has to act"},
	{"DEVELOPER_TOKEN_NOT_APPROVED", UploadCustomer, "Google does not accept the developer token of this installation; its operator has to act"},
	{"DEVELOPER_TOKEN_PROHIBITED", UploadCustomer, "Google does not accept the developer token of this installation; its operator has to act"},
	{"CUSTOMER_NOT_ENABLED", UploadCustomer, "The account of Google Ads is not enabled"},
	{"CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", UploadCustomer, "The account has to accept Google's customer data terms"},
	{"DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED", UploadCustomer, "The account has to accept Google's customer data terms"},
	{"TERMS_AND_CONDITIONS_NOT_SIGNED", UploadCustomer, "The account has to accept Google's customer data terms"},
	{"CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS", UploadCustomer, "Enhanced conversions for leads are not turned on in the account"},
	{"DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS", UploadCustomer, "Enhanced conversions for leads are not turned on in the account"},
	{"CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS", UploadCustomer, "Google allows the account no hashed e-mail or phone; turn enhanced conversions off for the action"},
	{"CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCEMENT", UploadCustomer, "Google allows the account no hashed e-mail or phone; turn enhanced conversions off for the action"},
	{"DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS", UploadCustomer, "Google allows the account no hashed e-mail or phone; turn enhanced conversions off for the action"},
	{"INVALID_CONVERSION_ACTION_ID", UploadCustomer, "The conversion action is gone or disabled"},
	{"INVALID_CONVERSION_ACTION_TYPE", UploadCustomer, "The conversion action takes no uploads; choose one that imports clicks"},
	{"EXTERNAL_ATTRIBUTION_DATA_NOT_SET_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION", UploadCustomer, "The conversion action wants an attribution made elsewhere; choose another"},
	{"ORDER_ID_NOT_PERMITTED_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION", UploadCustomer, "The conversion action wants an attribution made elsewhere; choose another"},
	{"EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION_NOT_PERMITTED_WITH_USER_IDENTIFIER", UploadCustomer, "The conversion action wants an attribution made elsewhere; choose another"},
	{"NO_CONVERSION_ACTION_FOUND", UploadCustomer, "The conversion action is gone or disabled"},
	{"INVALID_DESTINATION", UploadCustomer, "The conversion action is gone or disabled"},
	{"UNAUTHORIZED_CUSTOMER", UploadCustomer, "The account of Google Ads does not allow it"},
	{"CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", UploadCustomer, "The account cannot use the Google Ads API for uploads; use Data Manager"},
	{"NOT_ALLOWLISTED", UploadCustomer, "The account cannot use the Google Ads API for uploads; use Data Manager"},
}
