package erasure

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/internal/pseudonym"
)

// Conn is a database as a user that may insert and delete.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
	Exec(ctx context.Context, query string, args ...any) error
}

// person is what events of somebody carry, on one site.
type person struct {
	site            int64
	users, visitors []uint64
	orders, emails  []uint64 // under the site's erasure key
	keys            pseudonym.ErasureKeys
}

const mostVisitors = 20_000 // pseudonyms of one person; there is one for each day and browser

// of adds a block to the person.
func (p *person) of(b block) {
	switch b.kind {
	case blockUser:
		p.users = append(p.users, b.hash)
	case blockVisitor:
		p.visitors = append(p.visitors, b.hash)
	case blockOrder:
		p.orders = append(p.orders, b.hash)
	case blockEmail:
		p.emails = append(p.emails, b.hash)
	}
}

// where chooses the person's events.
func (p *person) where() string {
	any := []string{}
	if len(p.users) > 0 {
		any = append(any, "user_hash IN ("+list(p.users)+")")
	}
	if len(p.visitors) > 0 {
		any = append(any, "visitor_id IN ("+list(p.visitors)+")")
	}
	k0, k1 := p.keys.Words()
	fill := func(sql, name string, hash uint64) string {
		return strings.NewReplacer("{k0:UInt64}", strconv.FormatUint(k0, 10), "{k1:UInt64}", strconv.FormatUint(k1, 10), "{"+name+":UInt64}", strconv.FormatUint(hash, 10)).Replace(sql)
	}
	for _, hash := range p.orders {
		any = append(any, fill(pseudonym.OrderSQL, "order", hash))
	}
	for _, hash := range p.emails {
		any = append(any, fill(pseudonym.EmailSQL, "email", hash))
	}
	if len(any) == 0 {
		any = append(any, "0")
	}
	return fmt.Sprintf("site_id = %d AND (%s)", p.site, strings.Join(any, " OR "))
}

func list(numbers []uint64) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.FormatUint(n, 10)
	}
	return strings.Join(texts, ", ")
}

// widen finds what else belongs to who was named: the user that all of the named events carry, and
// visitors that carry no other person's user or address. It returns what is new.
func (p *person) widen(ctx context.Context, conn Conn) ([]block, error) {
	var fresh []block
	if len(p.visitors) > 0 && len(p.users)+len(p.orders)+len(p.emails) == 0 {
		return nil, nil // a visitor is a browser; who else it belongs to was not asked
	}
	if len(p.users) == 0 {
		users, err := p.ask(ctx, conn, "SELECT DISTINCT user_hash FROM events WHERE "+p.where()+" AND user_hash != 0 LIMIT 2")
		if err != nil {
			return nil, fmt.Errorf("find the user: %w", err)
		}
		if len(users) == 1 {
			p.users = users
			fresh = append(fresh, block{site: p.site, kind: blockUser, hash: users[0]})
		}
	}
	visitors, err := p.ask(ctx, conn, p.aloneSQL())
	if err != nil {
		return nil, fmt.Errorf("find visitors: %w", err)
	}
	for _, v := range visitors {
		if !slices.Contains(p.visitors, v) {
			p.visitors = append(p.visitors, v)
			fresh = append(fresh, block{site: p.site, kind: blockVisitor, hash: v})
		}
	}
	return fresh, nil
}

// aloneSQL finds visitors of the person's events that are nobody else's as well.
func (p *person) aloneSQL() string {
	users := p.users
	if len(users) == 0 {
		users = []uint64{0}
	}
	own := p.where()
	return fmt.Sprintf(`SELECT visitor_id FROM events WHERE site_id = %d AND visitor_id != 0
		AND visitor_id GLOBAL IN (SELECT visitor_id FROM events WHERE %s AND visitor_id != 0)
		GROUP BY visitor_id
		HAVING countIf(user_hash NOT IN (0, %s)) = 0 AND countIf(email_hash != '' AND email_hash GLOBAL NOT IN (SELECT email_hash FROM events WHERE %[2]s)) = 0
		LIMIT %[4]d`, p.site, own, list(users), mostVisitors)
}

func (p *person) ask(ctx context.Context, conn Conn, sql string) (numbers []uint64, err error) {
	err = clickhouse.Each(ctx, conn, sql, func(rows driver.Rows) error {
		var n uint64
		err := rows.Scan(&n)
		numbers = append(numbers, n)
		return err
	})
	return numbers, err
}

// onDisk makes questions see rows that are deleted and not rewritten yet.
func onDisk(ctx context.Context) context.Context {
	return with(ctx, clickhousego.Settings{"apply_deleted_mask": 0})
}

func with(ctx context.Context, settings clickhousego.Settings) context.Context {
	return clickhousego.Context(ctx, clickhousego.WithSettings(settings))
}
