package send

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	settledAtOnce  = 50              // requests; at most 100,000 rows
	mostSettling   = 5 * time.Second // of each minute; what is left then is looked at in the next
	mostUnsettling = 2000            // requests that do not add up, after which no more are looked for
)

// settle looks at requests after $1 whose rows were not found to add up since the request is in its state, in
// order, and marks those that do: what is marked is not looked at again. While a request is being sent its
// rows are what they have to be; afterwards none of them is. It skips requests that a sender has locked.
const settle = `WITH looked AS MATERIALIZED (SELECT id, state FROM upload_attempts
    WHERE settled <> state AND state <> 'sending' AND kind = 'conversion' AND id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED),
odd AS MATERIALIZED (SELECT l.id, count(*) AS rows FROM looked l CROSS JOIN LATERAL (SELECT c.state FROM conversions c WHERE c.attempt_id = l.id OFFSET 0) c
    WHERE c.state = 'sending' OR c.state = 'received' AND l.state IN ('lost', 'refused') GROUP BY l.id),
marked AS (UPDATE upload_attempts a SET settled = a.state FROM looked l WHERE a.id = l.id AND NOT EXISTS (SELECT FROM odd o WHERE o.id = l.id))
SELECT (SELECT coalesce(max(id), 0) FROM looked), (SELECT count(*) FROM looked), (SELECT count(*) FROM odd), (SELECT coalesce(sum(rows), 0)::bigint FROM odd)`

// selectOddAdjustments are few at a time: none of them is under way for long.
const selectOddAdjustments = `SELECT count(*) FROM adjustments r LEFT JOIN upload_attempts a ON a.id = r.attempt_id WHERE r.state IN ('sending', 'received') AND (a.state IS NULL OR a.state IN ('lost', 'refused'))`

// unaccounted counts conversions and adjustments that are under way by what they say, and not by what their
// request says. All requests are looked at, each once in a state, and again as long as it does not add up.
func unaccounted(ctx context.Context, db *pgxpool.Pool) (odd int64, err error) {
	if err := db.QueryRow(ctx, selectOddAdjustments).Scan(&odd); err != nil {
		return 0, fmt.Errorf("count unaccounted adjustments: %w", err)
	}
	began := time.Now()
	for last, unsettled := int64(0), int64(0); unsettled < mostUnsettling && time.Since(began) < mostSettling; {
		var looked, requests, rows int64
		if err := db.QueryRow(ctx, settle, last, settledAtOnce).Scan(&last, &looked, &requests, &rows); err != nil {
			return 0, fmt.Errorf("count unaccounted conversions: %w", err)
		}
		odd, unsettled = odd+rows, unsettled+requests
		if looked < settledAtOnce {
			break
		}
	}
	return odd, nil
}
