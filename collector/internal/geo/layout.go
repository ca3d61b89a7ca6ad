package geo

import (
	"fmt"

	"github.com/oschwald/maxminddb-golang/v2"
)

// layout is how a file arranges the fields of a record.
type layout int

const (
	layoutMaxMind layout = iota // country.iso_code, subdivisions[0].names.en, city.names.en
	layoutFlat                  // country_code, state1, city
)

// To tell the layout, at most probedRecords records are read, since the first
// ones of a file may lack fields, and at most probedNetworks networks are
// walked, since the tree of a damaged file may have no end.
const (
	probedRecords  = 200
	probedNetworks = 1 << 16
)

// maxMindRecord is what is read of a record in MaxMind's layout.
type maxMindRecord struct {
	Country    country `maxminddb:"country"`
	Registered country `maxminddb:"registered_country"`
	Regions    []struct {
		Code  string `maxminddb:"iso_code"`
		Names names  `maxminddb:"names"`
	} `maxminddb:"subdivisions"`
	City struct {
		Names names `maxminddb:"names"`
	} `maxminddb:"city"`
}

type country struct {
	Code string `maxminddb:"iso_code"`
}

type names struct {
	English string `maxminddb:"en"`
}

// flatRecord is what is read of a record in the flat layout.
type flatRecord struct {
	Country string `maxminddb:"country_code"`
	Region  string `maxminddb:"state1"`
	City    string `maxminddb:"city"`
}

// layoutOf tells the layout from the first records, since the type that a file
// states ("city", "DBIP-City-Lite", "GeoLite2-City") does not decide it.
func layoutOf(reader *maxminddb.Reader) (layout, error) {
	seen, walked := 0, 0
	for result := range reader.Networks(maxminddb.IncludeNetworksWithoutData()) {
		if walked++; walked > probedNetworks {
			break
		}
		if result.Err() == nil && !result.Found() {
			continue
		}
		var code string
		if result.DecodePath(&code, "country_code") == nil && code != "" {
			return layoutFlat, nil
		}
		for _, key := range []string{"country", "registered_country"} {
			if result.DecodePath(&code, key, "iso_code") == nil && code != "" {
				return layoutMaxMind, nil
			}
		}
		if seen++; seen == probedRecords {
			break
		}
	}
	return 0, fmt.Errorf("database type %q has no country in its first %d records", reader.Metadata.DatabaseType, seen)
}

// decode reads a record. A damaged one is nowhere.
func (l layout) decode(result maxminddb.Result) Place {
	if l == layoutFlat {
		var r flatRecord
		if result.Decode(&r) != nil {
			return Place{}
		}
		return Place{Country: countryCode(r.Country), Region: r.Region, City: r.City}
	}
	var r maxMindRecord
	if result.Decode(&r) != nil {
		return Place{}
	}
	place := Place{Country: countryCode(r.Country.Code), City: r.City.Names.English}
	if place.Country == "" {
		place.Country = countryCode(r.Registered.Code)
	}
	if len(r.Regions) > 0 {
		place.Region = r.Regions[0].Names.English
		if place.Region == "" {
			place.Region = r.Regions[0].Code
		}
	}
	return place
}

// countryCode returns code where it has the form of ISO 3166-1 alpha-2 and is
// not the placeholder for "unknown".
func countryCode(code string) string {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' || code == "ZZ" || code == "XX" {
		return ""
	}
	return code
}
