package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Postgres is the Shelf in table salts.
type Postgres struct{ Pool *pgxpool.Pool }

// Settle implements Shelf.
func (p Postgres) Settle(ctx context.Context, proposed Secret) (Secret, error) {
	if _, err := p.Pool.Exec(ctx,
		`INSERT INTO salts (local_date, offset_minutes, salt, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		proposed.Day.Time(), proposed.Day.Offset, proposed.Bytes, proposed.Created); err != nil {
		return Secret{}, fmt.Errorf("propose salt of %s: %w", proposed.Day, err)
	}
	settled := Secret{Day: proposed.Day}
	if err := p.Pool.QueryRow(ctx,
		`SELECT salt, created_at FROM salts WHERE local_date = $1 AND offset_minutes = $2`,
		proposed.Day.Time(), proposed.Day.Offset).Scan(&settled.Bytes, &settled.Created); err != nil {
		return Secret{}, fmt.Errorf("read salt of %s: %w", proposed.Day, err)
	}
	return settled, nil
}

// Load implements Shelf.
func (p Postgres) Load(ctx context.Context, after time.Time) ([]Secret, error) {
	rows, err := p.Pool.Query(ctx, `SELECT local_date, offset_minutes, salt, created_at FROM salts WHERE created_at > $1`, after)
	if err != nil {
		return nil, fmt.Errorf("read salts: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Secret, err error) {
		var date time.Time
		var offset int
		err = row.Scan(&date, &offset, &s.Bytes, &s.Created)
		s.Day = DayOfDate(date, offset)
		return s, err
	})
}

// Destroy implements Shelf.
func (p Postgres) Destroy(ctx context.Context, until time.Time) error {
	if _, err := p.Pool.Exec(ctx, `DELETE FROM salts WHERE created_at <= $1`, until); err != nil {
		return fmt.Errorf("delete salts: %w", err)
	}
	return nil
}
