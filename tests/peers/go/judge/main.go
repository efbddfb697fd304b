// Judge holds a server to indigo's library for repositories and events.
//
//	judge events PDS PLC     verifies every event from the oldest on, until standard input ends
//	judge repo PDS PLC DID…  verifies whole repositories
//
// It prints a line of JSON for each commit or repository, and one with "fault" for whatever is
// wrong.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	comatproto "github.com/bluesky-social/indigo/api/atproto"
	"github.com/bluesky-social/indigo/atproto/identity"
	"github.com/bluesky-social/indigo/atproto/repo"
	"github.com/bluesky-social/indigo/atproto/repo/mst"
	"github.com/bluesky-social/indigo/atproto/syntax"
	"github.com/bluesky-social/indigo/events"
	"github.com/bluesky-social/indigo/events/schedulers/sequential"
	"github.com/gorilla/websocket"
	"github.com/ipfs/go-cid"
)

// The bounds of the protocol.
const (
	blocksMax     = 2_000_000
	syncBlocksMax = 10_000
	opsMax        = 200
	recordMax     = 1_000_000
	futureMax     = 5 * time.Minute
)

// state is what the events of an account have led to.
type state struct {
	rev, data string
	active    bool
}

// judge follows the accounts of one server. One goroutine uses it.
type judge struct {
	dir    identity.Directory
	states map[string]*state
	seq    int64
}

func say(line map[string]any) {
	encoded, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(encoded))
}

func fault(did string, seq int64, format string, args ...any) {
	say(map[string]any{"fault": fmt.Sprintf(format, args...), "did": did, "seq": seq})
}

func (j *judge) order(did string, seq int64) {
	if seq <= j.seq {
		fault(did, seq, "comes after number %d", j.seq)
	}
	j.seq = seq
}

func (j *judge) commit(evt *comatproto.SyncSubscribeRepos_Commit) error {
	j.order(evt.Repo, evt.Seq)
	if err := j.checkCommit(evt); err != nil {
		fault(evt.Repo, evt.Seq, "commit %s: %s", evt.Rev, err)
	}
	say(map[string]any{"commit": evt.Commit.String(), "did": evt.Repo, "rev": evt.Rev, "ops": len(evt.Ops)})
	return nil
}

func (j *judge) checkCommit(evt *comatproto.SyncSubscribeRepos_Commit) error {
	ctx := context.Background()
	switch {
	case evt.TooBig || evt.Rebase || len(evt.Blobs) != 0:
		return errors.New("has a field set that is out of use")
	case len(evt.Blocks) > blocksMax || len(evt.Ops) > opsMax:
		return fmt.Errorf("is too large: %d bytes, %d operations", len(evt.Blocks), len(evt.Ops))
	}
	if err := repo.VerifyCommitSignature(ctx, j.dir, evt); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	commit, id, err := repo.LoadCommitFromCAR(ctx, bytes.NewReader(evt.Blocks))
	if err != nil {
		return err
	}
	if id.String() != evt.Commit.String() || commit.DID != evt.Repo || commit.Rev != evt.Rev {
		return errors.New("names another commit than its blocks have")
	}
	rev, err := syntax.ParseTID(evt.Rev)
	if err != nil {
		return err
	}
	if rev.Time().After(time.Now().Add(futureMax)) {
		return errors.New("has a rev in the future")
	}
	if _, err := repo.VerifyCommitMessage(ctx, evt); err != nil {
		return fmt.Errorf("inversion: %w", err)
	}
	if err := j.follow(evt, commit); err != nil {
		return err
	}
	return invertInAllOrders(evt)
}

// follow compares the commit with the account's events before it.
func (j *judge) follow(evt *comatproto.SyncSubscribeRepos_Commit, commit *repo.Commit) error {
	before := j.states[evt.Repo]
	if before == nil || !before.active {
		return errors.New("comes while the account is not active")
	}
	first := before.rev == ""
	after := *before
	after.rev, after.data = commit.Rev, commit.Data.String()
	defer func() { *before = after }()
	switch {
	case first && evt.Since == nil && evt.PrevData == nil:
		return nil
	case evt.Since == nil || evt.PrevData == nil:
		return errors.New("does not say what was before")
	case first:
		// The log begins in the midst of this account's history.
		return nil
	case *evt.Since != before.rev:
		return fmt.Errorf("is since %s and not since %s", *evt.Since, before.rev)
	case evt.Rev <= before.rev:
		return fmt.Errorf("has a rev that is not above %s", before.rev)
	case evt.PrevData.String() != before.data:
		return fmt.Errorf("is upon %s and not upon %s", evt.PrevData, before.data)
	}
	return nil
}

// invertInAllOrders undoes the operations in several orders, as each must lead to the tree before.
func invertInAllOrders(evt *comatproto.SyncSubscribeRepos_Commit) error {
	if evt.PrevData == nil {
		return nil
	}
	_, after, err := repo.LoadRepoFromCAR(context.Background(), bytes.NewReader(evt.Blocks))
	if err != nil {
		return err
	}
	paths := map[string]bool{}
	ops := make([]repo.Operation, 0, len(evt.Ops))
	for _, op := range evt.Ops {
		if paths[op.Path] {
			return fmt.Errorf("has two operations on %s", op.Path)
		}
		paths[op.Path] = true
		if op.Cid != nil && op.Prev != nil && op.Cid.String() == op.Prev.String() {
			return fmt.Errorf("has an operation on %s that changes nothing", op.Path)
		}
		if op.Cid != nil {
			block, err := after.RecordStore.Get(context.Background(), cid.Cid(*op.Cid))
			if err != nil {
				return fmt.Errorf("record of %s: %w", op.Path, err)
			}
			if len(block.RawData()) > recordMax {
				return fmt.Errorf("record of %s is too large", op.Path)
			}
		}
		ops = append(ops, repo.Operation{Path: op.Path, Value: (*cid.Cid)(op.Cid), Prev: (*cid.Cid)(op.Prev)})
	}
	deletes := func(op repo.Operation) int {
		if op.Value == nil {
			return 0
		}
		return 1
	}
	orders := map[string]func([]repo.Operation){
		"as sent":    func([]repo.Operation) {},
		"in reverse": slices.Reverse[[]repo.Operation],
		"deletes first": func(o []repo.Operation) {
			slices.SortStableFunc(o, func(a, b repo.Operation) int { return cmp.Compare(deletes(a), deletes(b)) })
		},
		"deletes last": func(o []repo.Operation) {
			slices.SortStableFunc(o, func(a, b repo.Operation) int { return cmp.Compare(deletes(b), deletes(a)) })
		},
		"by chance": func(o []repo.Operation) {
			rand.New(rand.NewSource(evt.Seq)).Shuffle(len(o), func(a, b int) { o[a], o[b] = o[b], o[a] })
		},
	}
	for name, sort := range orders {
		tree := after.MST.Copy()
		ordered := slices.Clone(ops)
		sort(ordered)
		for _, op := range ordered {
			if err := repo.InvertOp(&tree, &op); err != nil {
				return fmt.Errorf("inversion %s, %s: %w", name, op.Path, err)
			}
			// A tree without keys keeps its layer, so that keys of lower ones would go below it.
			if tree.IsEmpty() {
				tree = mst.NewEmptyTree()
			}
		}
		root, err := tree.RootCID()
		if err != nil {
			return fmt.Errorf("inversion %s: %w", name, err)
		}
		if root.String() != evt.PrevData.String() {
			return fmt.Errorf("inversion %s leads to %s and not to %s", name, root, evt.PrevData)
		}
	}
	return nil
}

func (j *judge) sync(evt *comatproto.SyncSubscribeRepos_Sync) error {
	j.order(evt.Did, evt.Seq)
	if len(evt.Blocks) > syncBlocksMax {
		fault(evt.Did, evt.Seq, "sync is too large: %d bytes", len(evt.Blocks))
	}
	commit, err := repo.VerifySyncMessage(context.Background(), j.dir, evt)
	switch {
	case err != nil:
		fault(evt.Did, evt.Seq, "sync: %s", err)
		return nil
	case commit.DID != evt.Did || commit.Rev != evt.Rev:
		fault(evt.Did, evt.Seq, "sync names another commit than its blocks have")
	}
	if before := j.states[evt.Did]; before != nil {
		if commit.Rev < before.rev {
			fault(evt.Did, evt.Seq, "sync goes back from rev %s to %s", before.rev, commit.Rev)
		}
		before.rev, before.data = commit.Rev, commit.Data.String()
	}
	say(map[string]any{"sync": evt.Rev, "did": evt.Did})
	return nil
}

func (j *judge) identity(evt *comatproto.SyncSubscribeRepos_Identity) error {
	j.order(evt.Did, evt.Seq)
	did, err := syntax.ParseDID(evt.Did)
	if err != nil {
		fault(evt.Did, evt.Seq, "identity: %s", err)
		return nil
	}
	if err := j.dir.Purge(context.Background(), did.AtIdentifier()); err != nil {
		return err
	}
	if _, err := j.dir.LookupDID(context.Background(), did); err != nil {
		fault(evt.Did, evt.Seq, "identity: %s", err)
	}
	return nil
}

func (j *judge) account(evt *comatproto.SyncSubscribeRepos_Account) error {
	j.order(evt.Did, evt.Seq)
	if evt.Active == (evt.Status != nil) {
		fault(evt.Did, evt.Seq, "account: a status is for those that are not active")
	}
	if j.states[evt.Did] == nil {
		j.states[evt.Did] = &state{}
	}
	j.states[evt.Did].active = evt.Active
	return nil
}

func directory(plc string) identity.Directory {
	base := identity.BaseDirectory{PLCURL: plc, SkipHandleVerification: true}
	cached := identity.NewCacheDirectory(&base, 100_000, time.Hour, time.Second, time.Second)
	return cached
}

func followEvents(pds, plc string) error {
	j := judge{dir: directory(plc), states: map[string]*state{}}
	url := strings.Replace(pds, "http", "ws", 1) + "/xrpc/com.atproto.sync.subscribeRepos?cursor=0"
	connection, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
		stop()
	}()
	callbacks := events.RepoStreamCallbacks{
		RepoCommit:   j.commit,
		RepoSync:     j.sync,
		RepoIdentity: j.identity,
		RepoAccount:  j.account,
		Error: func(evt *events.ErrorFrame) error {
			fault("", j.seq, "error %s: %s", evt.Error, evt.Message)
			return nil
		},
	}
	err = events.HandleRepoStream(ctx, connection, sequential.NewScheduler("judge", callbacks.EventHandler), nil)
	if ctx.Err() == nil {
		return fmt.Errorf("the stream ended after number %d: %w", j.seq, err)
	}
	return nil
}

func checkRepo(dir identity.Directory, pds, text string) error {
	ctx := context.Background()
	response, err := http.Get(pds + "/xrpc/com.atproto.sync.getRepo?did=" + text)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	archive, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	if _, err := repo.VerifyCommitSignatureFromCar(ctx, dir, archive); err != nil {
		return err
	}
	commit, whole, err := repo.LoadRepoFromCAR(ctx, bytes.NewReader(archive))
	if err != nil {
		return err
	}
	if err := whole.MST.Verify(); err != nil {
		return err
	}
	found := map[string]cid.Cid{}
	if err := whole.MST.WriteToMap(found); err != nil {
		return err
	}
	rebuilt, err := mst.LoadTreeFromMap(found)
	if err != nil {
		return err
	}
	root, err := rebuilt.RootCID()
	if err != nil {
		return err
	}
	if !root.Equals(commit.Data) {
		return fmt.Errorf("the tree of its records is %s and not %s", root, commit.Data)
	}
	records := map[string]string{}
	for path, id := range found {
		block, err := whole.RecordStore.Get(ctx, id)
		if err != nil {
			return fmt.Errorf("record %s: %w", path, err)
		}
		if digest, err := id.Prefix().Sum(block.RawData()); err != nil || !digest.Equals(id) {
			return fmt.Errorf("record %s is not what its CID says", path)
		}
		records[path] = id.String()
	}
	say(map[string]any{"repo": text, "rev": commit.Rev, "records": records})
	return nil
}

func run(args []string) error {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	switch {
	case len(args) == 4 && args[1] == "events":
		return followEvents(args[2], args[3])
	case len(args) > 4 && args[1] == "repo":
		dir := directory(args[3])
		for _, did := range args[4:] {
			if err := checkRepo(dir, args[2], did); err != nil {
				fault(did, 0, "repository: %s", err)
			}
		}
		return nil
	}
	return errors.New("usage: judge events PDS PLC | judge repo PDS PLC DID…")
}

func main() {
	if err := run(os.Args); err != nil {
		fault("", 0, "%s", err)
		os.Exit(1)
	}
}
