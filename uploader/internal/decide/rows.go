package decide

import "noctra/schema/eligibility"

// These are of the rules, which trials are made by as well.
type (
	action     = eligibility.Action
	conversion = eligibility.Conversion
	adjustment = eligibility.Adjustment
)

// sale is a sale with its conversions by mapping.
type sale struct {
	eligibility.Sale
	conversions map[int64]*conversion
}
