// Oauthclient goes through the life of OAuth sessions with indigo's client, and says line by line, as
// JSON, what it found. What only somebody with a browser can do, and what has to be published, it asks
// of whoever has started it, who answers a visit with the query that came back.
//
// The client takes only hosts that are called by a name, with https. Its requests to such a name go to
// the server behind it instead, as through a proxy that ends TLS.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/bluesky-social/indigo/atproto/atclient"
	"github.com/bluesky-social/indigo/atproto/atcrypto"
	"github.com/bluesky-social/indigo/atproto/auth/oauth"
	"github.com/bluesky-social/indigo/atproto/identity"
	"github.com/bluesky-social/indigo/atproto/syntax"
)

const (
	collection = "com.example.shells.shell"
	callback   = "https://app.shells.social/go/callback"
	stale      = "of yesterday"
)

var scopes = []string{"atproto", "repo:" + collection + "?action=create"}

// What this program is told when it is started.
type settings struct {
	// The server's name, and where it really is.
	Host, Through string
	Plc           string
	// Where apps have their documents.
	Apps   string
	Handle string
	Did    syntax.DID
}

var (
	ctx    = context.Background()
	given  settings
	answer = bufio.NewScanner(os.Stdin)
	failed bool
)

func tell(line map[string]any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

func check(holds bool, claim string, found any) {
	if !holds {
		failed = true
	}
	tell(map[string]any{"claim": claim, "holds": holds, "found": fmt.Sprint(found)})
}

// Stops the program where nothing else makes sense afterwards.
func need(err error, claim string) {
	check(err == nil, claim, err)
	if err != nil {
		os.Exit(1)
	}
}

// Wire sends what is meant for the server to where it is, and can lose an answer.
type wire struct {
	losing atomic.Bool
	nonces atomic.Int32
}

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	through, err := url.Parse(given.Through)
	if err != nil {
		return nil, err
	}
	sent := request.Clone(request.Context())
	name := sent.URL.Hostname()
	isOurs := "https://"+name == given.Host || strings.HasSuffix(name, ".test")
	if sent.URL.Scheme == "https" && isOurs {
		sent.Host = name
		sent.URL.Scheme, sent.URL.Host = through.Scheme, through.Host
	}
	response, err := http.DefaultTransport.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 400 && response.Header.Get("DPoP-Nonce") != "" {
		w.nonces.Add(1)
	}
	if request.URL.Path == "/oauth/token" && response.StatusCode == 200 && w.losing.CompareAndSwap(true, false) {
		response.Body.Close()
		return nil, errors.New("the connection is gone")
	}
	return response, nil
}

// An app, with a store and a wire of its own.
type app struct {
	*oauth.ClientApp
	wire *wire
}

func open(config oauth.ClientConfig) app {
	wire := &wire{}
	client := &http.Client{Transport: wire}
	opened := oauth.NewClientApp(&config, oauth.NewMemStore())
	opened.Client, opened.Resolver.Client = client, client
	opened.Dir = &identity.BaseDirectory{
		PLCURL:                given.Plc,
		HTTPClient:            http.Client{Transport: wire},
		SkipDNSDomainSuffixes: []string{".test"},
	}
	return app{opened, wire}
}

// Copy opens another app that has the same session, as a second process would.
func (a app) copy(data *oauth.ClientSessionData) *oauth.ClientSession {
	other := open(*a.Config)
	need(other.Store.SaveSession(ctx, *data), "sessions can be copied")
	session, err := other.ResumeSession(ctx, data.AccountDID, data.SessionID)
	need(err, "and gone on with")
	return session
}

// Visit lets somebody decide, and gives what the app is answered.
func visit(link string, deny bool) url.Values {
	tell(map[string]any{"visit": link, "deny": deny})
	if !answer.Scan() {
		os.Exit(1)
	}
	query, err := url.ParseQuery(answer.Text())
	need(err, "the answer is a query")
	return query
}

func (a app) signIn() (*oauth.ClientSessionData, error) {
	link, err := a.StartAuthFlow(ctx, given.Handle)
	need(err, "the server is found by the handle, and takes the request")
	return a.ProcessCallback(ctx, visit(link, false))
}

func (a app) session() *oauth.ClientSession {
	data, err := a.signIn()
	need(err, "the app is let in")
	session, err := a.ResumeSession(ctx, data.AccountDID, data.SessionID)
	need(err, "the session is kept")
	return session
}

func calls(session *oauth.ClientSession, claim string) {
	var found struct{ Did syntax.DID }
	err := session.APIClient().Get(ctx, "com.atproto.server.getSession", nil, &found)
	check(err == nil && found.Did == given.Did, claim, err)
}

func isOver(session *oauth.ClientSession, claim string) {
	err := session.APIClient().Get(ctx, "com.atproto.server.getSession", nil, &struct{}{})
	check(err != nil, claim, err)
}

func create(session *oauth.ClientSession, collection string) error {
	record := map[string]any{"$type": collection, "text": "from Go"}
	input := map[string]any{"repo": given.Did, "collection": collection, "record": record}
	return session.APIClient().Post(ctx, "com.atproto.repo.createRecord", input, &struct{}{})
}

func signing(a app) {
	session := a.session()
	check(session.Data.AccountDID == given.Did, "it gets whom it has asked for", session.Data.AccountDID)
	check(session.Data.HostURL == given.Host, "at their host", session.Data.HostURL)
	check(len(session.Data.Scopes) == len(scopes), "with what it has asked for", session.Data.Scopes)
	calls(session, "it calls")
	check(create(session, collection) == nil, "it writes what it may", nil)
	err := create(session, "com.example.stones.stone")
	var refused *atclient.APIError
	isRefused := errors.As(err, &refused) && refused.StatusCode == 403 && refused.Name == "ScopeMissingError"
	check(isRefused, "it writes nothing else", err)

	before := a.wire.nonces.Load()
	session.Data.DPoPHostNonce = stale
	calls(session, "it gets another nonce for a call")
	session.Data.DPoPAuthServerNonce = stale
	_, err = session.RefreshTokens(ctx)
	check(err == nil, "and for a refresh", err)
	check(a.wire.nonces.Load() == before+2, "after being told so", a.wire.nonces.Load()-before)
}

func lasting(a app) {
	session := a.session()
	behind := a.copy(session.Data)
	_, err := session.RefreshTokens(ctx)
	check(err == nil, "a token is refreshed", err)
	calls(session, "and can be called with")
	calls(behind, "who is behind refreshes by themselves")
	calls(session, "which ends nothing")

	other := a.copy(session.Data)
	var both sync.WaitGroup
	var errs [2]error
	for index, one := range []*oauth.ClientSession{session, other} {
		both.Go(func() { _, errs[index] = one.RefreshTokens(ctx) })
	}
	both.Wait()
	check(errs == [2]error{}, "two refresh at once", errs)
	calls(session, "the one goes on")
	calls(other, "and the other")

	a.wire.losing.Store(true)
	_, err = session.RefreshTokens(ctx)
	check(err != nil, "an answer to a refresh is lost", err)
	calls(session, "the next one gets what was lost")

	last := a.copy(session.Data)
	need(a.Logout(ctx, session.Data.AccountDID, session.Data.SessionID), "the app gives its session back")
	isOver(last, "it is over for whoever has copied it")
}

func denied(a app) {
	link, err := a.StartAuthFlow(ctx, given.Handle)
	need(err, "the server takes the request")
	_, err = a.ProcessCallback(ctx, visit(link, true))
	var refused *oauth.AuthRequestCallbackError
	check(errors.As(err, &refused) && refused.ErrorCode == "access_denied", "the app is told that it was refused", err)
}

func main() {
	// What the client logs is on its way, not how it ended.
	slog.SetLogLoggerLevel(slog.LevelError)
	if err := json.Unmarshal([]byte(os.Args[1]), &given); err != nil {
		panic(err)
	}
	local := oauth.NewLocalhostConfig("http://127.0.0.1:4747/callback", scopes)

	keyed := oauth.NewPublicConfig(given.Apps+"/go.json", callback, scopes)
	key, err := atcrypto.GeneratePrivateKeyP256()
	need(err, "there is a key")
	need(keyed.SetClientSecret(key, "go-1"), "which the client takes")
	document := keyed.ClientMetadata()
	keys := given.Apps + "/go.keys.json"
	document.JWKSURI = &keys
	tell(map[string]any{"publish": "/go.json", "document": document})
	tell(map[string]any{"publish": "/go.keys.json", "document": keyed.PublicJWKS()})

	for _, config := range []oauth.ClientConfig{local, keyed} {
		kind := "without keys"
		if config.IsConfidential() {
			kind = "with keys"
		}
		tell(map[string]any{"topic": kind})
		signing(open(config))
		lasting(open(config))
		denied(open(config))
	}
	if failed {
		os.Exit(1)
	}
}
