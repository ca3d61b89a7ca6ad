package schema

// MaxPartitions is more than a topic may have: ClickHouse keeps a partition in 16 bits.
const MaxPartitions = 1 << 16

// Layout says over how many partitions of noctra.events the ids of some events are spread: those of
// sites that were made since, and those whose id is a UUIDv7 of that time or later. Both stand in
// every copy of an event, so copies agree about it whenever and wherever they come in.
type Layout struct {
	Partitions int
	SitesFrom  SiteID
	IDsFrom    Millis
}

// Layouts are all of them, the oldest first; that one holds for whatever is in no other. None means
// that the number is not known. They only ever get more, and the numbers only grow.
type Layouts []Layout

// Partitions returns how many partitions are in use, 0 where that is not known.
func (l Layouts) Partitions() int {
	if len(l) == 0 {
		return 0
	}
	return l[len(l)-1].Partitions
}

// Partition returns the partition of an event; ok is false where the number is not known.
func (l Layouts) Partition(site SiteID, id string) (partition int, ok bool) {
	if len(l) == 0 {
		return 0, false
	}
	of := l[0]
	if len(l) > 1 {
		of = l.of(site, id)
	}
	return int(PartitionKey(site, id) % uint64(of.Partitions)), true
}

func (l Layouts) of(site SiteID, id string) Layout {
	made, dated := idTime(id)
	for i := len(l) - 1; i > 0; i-- {
		if site >= l[i].SitesFrom || dated && made >= l[i].IDsFrom {
			return l[i]
		}
	}
	return l[0]
}

// idTime returns the time in a UUIDv7; ok is false for any other id.
func idTime(id string) (at Millis, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' || id[14] != '7' {
		return 0, false
	}
	for i := range 36 {
		if id[i] == '-' {
			if i != 8 && i != 13 && i != 18 && i != 23 {
				return 0, false
			}
			continue
		}
		digit, ok := hexDigit(id[i])
		if !ok {
			return 0, false
		}
		if i < 13 {
			at = at<<4 | Millis(digit)
		}
	}
	return at, true
}

func hexDigit(c byte) (digit byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
