package schema

import "fmt"

// Field numbers of Event on the wire. Never reuse a number.
const (
	fieldID, fieldSite, fieldWorkspace, fieldKind, fieldName, fieldVia      = 1, 2, 3, 4, 5, 6
	fieldOccurredAt, fieldReceivedAt                                        = 7, 8
	fieldVisitor, fieldVisitorKind, fieldUser                               = 9, 10, 11
	fieldHostname, fieldPath, fieldQuery, fieldTitle                        = 12, 13, 14, 15
	fieldReferrer, fieldSource, fieldChannel                                = 16, 17, 18
	fieldUTMSource, fieldUTMMedium, fieldUTMCampaign, fieldUTMTerm          = 19, 20, 21, 22
	fieldUTMContent, fieldUTMID, fieldClickID                               = 23, 24, 25
	fieldCountry, fieldRegion, fieldCity                                    = 26, 27, 28
	fieldBrowser, fieldBrowserVersion, fieldOS, fieldOSVersion, fieldDevice = 29, 30, 31, 32, 33
	fieldScreen, fieldLanguage, fieldTimeZone, fieldBotReason, fieldProp    = 34, 35, 36, 37, 38
	fieldOrderID, fieldAmount, fieldCurrency, fieldItem                     = 39, 40, 41, 42
	fieldConsentAnalytics, fieldConsentAdUser, fieldConsentAdPerson         = 43, 44, 45
	fieldEmailHash, fieldPhoneHash                                          = 46, 47
	itemID, itemName, itemCategory, itemQuantity, itemPrice                 = 1, 2, 3, 4, 5
	pairKey, pairValue                                                      = 1, 2
)

// AppendEvent appends the event's record to b and returns the longer slice. It keeps nothing of
// the event.
func AppendEvent(b []byte, e *Event) []byte {
	b = appendHead(b)
	b = appendString(b, fieldID, e.ID)
	b = appendUint(b, fieldSite, uint64(e.Site))
	b = appendUint(b, fieldWorkspace, uint64(e.Workspace))
	b = appendUint(b, fieldKind, uint64(e.Kind))
	b = appendString(b, fieldName, e.Name)
	b = appendUint(b, fieldVia, uint64(e.Via))
	b = appendInt(b, fieldOccurredAt, int64(e.OccurredAt))
	b = appendInt(b, fieldReceivedAt, int64(e.ReceivedAt))
	b = appendUint(b, fieldVisitor, uint64(e.Visitor))
	b = appendUint(b, fieldVisitorKind, uint64(e.VisitorKind))
	b = appendUint(b, fieldUser, uint64(e.User))
	b = appendPage(b, e)
	b = appendPlace(b, e)
	b = appendUint(b, fieldConsentAnalytics, uint64(e.ConsentAnalytics))
	b = appendUint(b, fieldConsentAdUser, uint64(e.ConsentAdUser))
	b = appendUint(b, fieldConsentAdPerson, uint64(e.ConsentAdPerson))
	b = appendTrade(b, e)
	return append(b, e.Unknown...)
}

func appendPage(b []byte, e *Event) []byte {
	b = appendString(b, fieldHostname, e.Hostname)
	b = appendString(b, fieldPath, e.Path)
	b = appendString(b, fieldQuery, e.Query)
	b = appendString(b, fieldTitle, e.Title)
	b = appendString(b, fieldReferrer, e.Referrer)
	b = appendString(b, fieldSource, e.Source)
	b = appendString(b, fieldChannel, e.Channel)
	b = appendString(b, fieldUTMSource, e.UTMSource)
	b = appendString(b, fieldUTMMedium, e.UTMMedium)
	b = appendString(b, fieldUTMCampaign, e.UTMCampaign)
	b = appendString(b, fieldUTMTerm, e.UTMTerm)
	b = appendString(b, fieldUTMContent, e.UTMContent)
	b = appendString(b, fieldUTMID, e.UTMID)
	for i := range e.ClickIDs {
		b = appendPair(b, fieldClickID, e.ClickIDs[i].Kind, e.ClickIDs[i].Value)
	}
	return b
}

func appendPlace(b []byte, e *Event) []byte {
	b = appendString(b, fieldCountry, e.Country)
	b = appendString(b, fieldRegion, e.Region)
	b = appendString(b, fieldCity, e.City)
	b = appendString(b, fieldBrowser, e.Browser)
	b = appendString(b, fieldBrowserVersion, e.BrowserVersion)
	b = appendString(b, fieldOS, e.OS)
	b = appendString(b, fieldOSVersion, e.OSVersion)
	b = appendString(b, fieldDevice, e.Device)
	b = appendString(b, fieldScreen, e.Screen)
	b = appendString(b, fieldLanguage, e.Language)
	b = appendString(b, fieldTimeZone, e.TimeZone)
	for _, reason := range e.BotReasons {
		b = appendPresent(b, fieldBotReason, reason)
	}
	for i := range e.Props {
		b = appendPair(b, fieldProp, e.Props[i].Key, e.Props[i].Value)
	}
	return b
}

func appendTrade(b []byte, e *Event) []byte {
	b = appendString(b, fieldOrderID, e.OrderID)
	b = appendInt(b, fieldAmount, int64(e.Amount))
	b = appendString(b, fieldCurrency, e.Currency)
	for i := range e.Items {
		b = appendItem(b, &e.Items[i])
	}
	b = appendString(b, fieldEmailHash, e.EmailHash)
	return appendString(b, fieldPhoneHash, e.PhoneHash)
}

func appendPair(b []byte, field uint64, key, value string) []byte {
	inner := make([]byte, 0, 128)
	inner = appendString(inner, pairKey, key)
	inner = appendString(inner, pairValue, value)
	return appendPresent(b, field, inner)
}

func appendItem(b []byte, it *Item) []byte {
	inner := make([]byte, 0, 128)
	inner = appendString(inner, itemID, it.ID)
	inner = appendString(inner, itemName, it.Name)
	inner = appendString(inner, itemCategory, it.Category)
	inner = appendInt(inner, itemQuantity, it.Quantity)
	inner = appendInt(inner, itemPrice, int64(it.Price))
	return appendPresent(b, fieldItem, inner)
}

// DecodeEvent reads one record into e, whose former content is lost; its slices are reused. The
// event's strings share one copy of the record, so data may be reused at once.
func DecodeEvent(data []byte, e *Event) error {
	r, err := openRecord(data)
	if err != nil {
		return fmt.Errorf("decode event: %w", err)
	}
	*e = Event{ClickIDs: e.ClickIDs[:0], BotReasons: e.BotReasons[:0], Props: e.Props[:0], Items: e.Items[:0], Unknown: e.Unknown[:0]}
	for {
		more, err := r.next()
		if err != nil {
			return fmt.Errorf("decode event: %w", err)
		}
		if !more {
			return nil
		}
		if e.setText(&r) || e.setNumber(&r) {
			continue
		}
		known, err := e.setNested(&r)
		if err != nil {
			return fmt.Errorf("decode event: %w", err)
		}
		if !known {
			e.Unknown = append(e.Unknown, r.raw()...)
		}
	}
}

func (e *Event) setNumber(r *fieldReader) bool {
	switch r.number {
	case fieldSite:
		e.Site = SiteID(r.value)
	case fieldWorkspace:
		e.Workspace = WorkspaceID(r.value)
	case fieldKind:
		e.Kind = Kind(r.value)
	case fieldVia:
		e.Via = Via(r.value)
	case fieldOccurredAt:
		e.OccurredAt = Millis(r.signed())
	case fieldReceivedAt:
		e.ReceivedAt = Millis(r.signed())
	case fieldVisitor:
		e.Visitor = VisitorID(r.value)
	case fieldVisitorKind:
		e.VisitorKind = VisitorKind(r.value)
	case fieldUser:
		e.User = UserHash(r.value)
	case fieldAmount:
		e.Amount = Micros(r.signed())
	case fieldConsentAnalytics:
		e.ConsentAnalytics = Consent(r.value)
	case fieldConsentAdUser:
		e.ConsentAdUser = Consent(r.value)
	case fieldConsentAdPerson:
		e.ConsentAdPerson = Consent(r.value)
	default:
		return false
	}
	return true
}

// setText stores a plain text field.
func (e *Event) setText(r *fieldReader) bool {
	target := e.textField(r.number)
	if target == nil {
		return false
	}
	*target = r.text
	return true
}

func (e *Event) textField(number uint64) *string {
	if number >= uint64(len(textFields)) || textFields[number] == nil {
		return nil
	}
	return textFields[number](e)
}

// textFields says where a text field stands, by its number.
var textFields = [...]func(*Event) *string{
	fieldID:             func(e *Event) *string { return &e.ID },
	fieldName:           func(e *Event) *string { return &e.Name },
	fieldHostname:       func(e *Event) *string { return &e.Hostname },
	fieldPath:           func(e *Event) *string { return &e.Path },
	fieldQuery:          func(e *Event) *string { return &e.Query },
	fieldTitle:          func(e *Event) *string { return &e.Title },
	fieldReferrer:       func(e *Event) *string { return &e.Referrer },
	fieldSource:         func(e *Event) *string { return &e.Source },
	fieldChannel:        func(e *Event) *string { return &e.Channel },
	fieldUTMSource:      func(e *Event) *string { return &e.UTMSource },
	fieldUTMMedium:      func(e *Event) *string { return &e.UTMMedium },
	fieldUTMCampaign:    func(e *Event) *string { return &e.UTMCampaign },
	fieldUTMTerm:        func(e *Event) *string { return &e.UTMTerm },
	fieldUTMContent:     func(e *Event) *string { return &e.UTMContent },
	fieldUTMID:          func(e *Event) *string { return &e.UTMID },
	fieldCountry:        func(e *Event) *string { return &e.Country },
	fieldRegion:         func(e *Event) *string { return &e.Region },
	fieldCity:           func(e *Event) *string { return &e.City },
	fieldBrowser:        func(e *Event) *string { return &e.Browser },
	fieldBrowserVersion: func(e *Event) *string { return &e.BrowserVersion },
	fieldOS:             func(e *Event) *string { return &e.OS },
	fieldOSVersion:      func(e *Event) *string { return &e.OSVersion },
	fieldDevice:         func(e *Event) *string { return &e.Device },
	fieldScreen:         func(e *Event) *string { return &e.Screen },
	fieldLanguage:       func(e *Event) *string { return &e.Language },
	fieldTimeZone:       func(e *Event) *string { return &e.TimeZone },
	fieldOrderID:        func(e *Event) *string { return &e.OrderID },
	fieldCurrency:       func(e *Event) *string { return &e.Currency },
	fieldEmailHash:      func(e *Event) *string { return &e.EmailHash },
	fieldPhoneHash:      func(e *Event) *string { return &e.PhoneHash },
}

func (e *Event) setNested(r *fieldReader) (known bool, err error) {
	switch r.number {
	case fieldBotReason:
		e.BotReasons = append(e.BotReasons, r.text)
	case fieldClickID:
		key, value, err := readPair(r.text)
		if err != nil {
			return true, fmt.Errorf("click id: %w", err)
		}
		e.ClickIDs = append(e.ClickIDs, ClickID{Kind: key, Value: value})
	case fieldProp:
		key, value, err := readPair(r.text)
		if err != nil {
			return true, fmt.Errorf("prop: %w", err)
		}
		e.Props = append(e.Props, Prop{Key: key, Value: value})
	case fieldItem:
		item, err := readItem(r.text)
		if err != nil {
			return true, fmt.Errorf("item: %w", err)
		}
		e.Items = append(e.Items, item)
	default:
		return false, nil
	}
	return true, nil
}

func readPair(data string) (key, value string, err error) {
	r := fieldReader{data: data}
	for {
		more, err := r.next()
		if !more {
			return key, value, err
		}
		switch r.number {
		case pairKey:
			key = r.text
		case pairValue:
			value = r.text
		}
	}
}

func readItem(data string) (item Item, err error) {
	r := fieldReader{data: data}
	for {
		more, err := r.next()
		if !more {
			return item, err
		}
		switch r.number {
		case itemID:
			item.ID = r.text
		case itemName:
			item.Name = r.text
		case itemCategory:
			item.Category = r.text
		case itemQuantity:
			item.Quantity = r.signed()
		case itemPrice:
			item.Price = Micros(r.signed())
		}
	}
}
