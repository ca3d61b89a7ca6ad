// Package model has no code of the product: its test makes histories of shops by chance (sales, clicks, consent,
// refunds, corrections, erasures, rules and connections that change, failures of Google's, uploaders that die)
// and compares what a fake Google has in the end with a model of what it must have, may have and must not have.
//
// The model (shop_test.go, steps_test.go, told_test.go) is written from what Google's interfaces do and from what the product promises, and calls
// nothing of the uploader. See decision 0154.
package model
