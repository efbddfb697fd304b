"""PyPI's `atproto`, the client of most bots: a session, posts, an image, lists and the events."""

import json
import os
import random
import sys
import threading
import time
import urllib.request
import warnings

from atproto import CAR, CID, Client, FirehoseSubscribeReposClient, IdResolver, models
from atproto import parse_subscribe_repos_message
from atproto.exceptions import BadRequestError, UnauthorizedError

POST = 'app.bsky.feed.post'
# The smallest PNG: one pixel.
PIXEL = bytes.fromhex(
    '89504e470d0a1a0a0000000d4948445200000001000000010806000000'
    '1f15c4890000000d49444154789c63fcffffff7f0009fb03fd05434561'
    '0000000049454e44ae426082'
)

checks = 0


class Failed(Exception):
    """A check that does not hold."""


def check(holds, claim, found=None):
    global checks
    if not holds:
        raise Failed(f'it does not hold that {claim}; found {found!r}'[:2000])
    checks += 1


def equal(found, expected, claim):
    check(found == expected, f'{claim}: {expected!r}', found)


def topic(claim, body, *arguments):
    before = checks
    try:
        result = body(*arguments)
    except Exception as error:
        raise Failed(f'{claim}: {error!r}') from error
    print(f'   {claim} ({checks - before})', flush=True)
    return result


def until(claim, probe, seconds=30):
    end = time.monotonic() + seconds
    while not (found := probe()):
        check(time.monotonic() < end, f'within {seconds} s {claim}')
        time.sleep(0.05)
    return found


def refused(claim, kind, name, action):
    try:
        action()
    except kind as error:
        equal(error.response.content.error, name, claim)
    else:
        check(False, claim, 'no error')


class Person:
    def __init__(self, pds, prefix):
        name = f'{prefix}{int(time.time() * 1000) % 36**6:x}'
        self.handle, self.password = f'{name}.test', f'password of {name}'
        self.client = Client(pds)
        made = self.client.com.atproto.server.create_account(
            models.ComAtprotoServerCreateAccount.Data(
                handle=self.handle, password=self.password, email=f'{name}@example.com'
            )
        )
        self.did = made.did


class Events:
    """The events from now on, as the client decodes them."""

    def __init__(self, pds, cursor=None):
        self.frames, self.messages, self.failures = [], [], []
        params = {'cursor': cursor} if cursor is not None else None
        base = pds.replace('http', 'ws', 1) + '/xrpc'
        self.client = FirehoseSubscribeReposClient(params=params, base_uri=base)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.client.start(self.on_message, self.failures.append)
        except Exception as error:  # noqa: BLE001 - it is shown by the check that looks at it
            self.failures.append(error)

    def on_message(self, frame):
        self.frames.append(frame)
        self.messages.append(parse_subscribe_repos_message(frame))

    def of(self, did):
        # A list that grows meanwhile is not walked.
        return [m for m in list(self.messages) if did in (getattr(m, 'repo', None), getattr(m, 'did', None))]

    def operations(self, did):
        return [(m, op) for m in self.of(did) if hasattr(m, 'ops') for op in m.ops]


def logging_in(pds, person):
    client = Client(pds)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter('always')
        # As in the first line of every example: it asks for a profile, too. A server without the
        # app's service has to say that it does not serve the method, or the login fails. The
        # reference says something else.
        profile = 'PEERS_REFERENCE' not in os.environ
        client.login(person.handle, person.password, fetch_bsky_profile=profile)
    # What it would have got with the app's service: its posts and likes need to know who they are of.
    client.me = models.AppBskyActorDefs.ProfileViewDetailed(did=person.did, handle=person.handle)
    session = client.com.atproto.server.get_session()
    equal((session.did, session.handle, session.active), (person.did, person.handle, True), 'it is a session')
    kept = client.export_session_string()
    again = Client(pds)
    again.login(session_string=kept, fetch_bsky_profile=False)
    equal(again.com.atproto.server.get_session().did, person.did, 'a session can be kept as a text')
    wrong = lambda: Client(pds).login(person.handle, 'wrong', fetch_bsky_profile=False)
    refused('a wrong password is refused', UnauthorizedError, 'AuthenticationRequired', wrong)
    before = client._session.refresh_jwt
    client._refresh_and_set_session()
    check(client._session.refresh_jwt != before, 'a refresh gives another token')
    equal(client.com.atproto.server.get_session().did, person.did, 'and a session')
    return client


def posting(client, person):
    repo, did = client.com.atproto.repo, person.did
    post = client.send_post('Hello from a bot', langs=['en'])
    check(post.uri.startswith(f'at://{did}/{POST}/'), 'a post has an address', post.uri)
    rkey = post.uri.rsplit('/', 1)[1]
    record = repo.get_record({'repo': did, 'collection': POST, 'rkey': rkey})
    equal((record.cid, record.value.text), (post.cid, 'Hello from a bot'), 'the post is there')
    image = client.send_image('See', PIXEL, 'a pixel')
    rkey = image.uri.rsplit('/', 1)[1]
    kept = repo.get_record({'repo': did, 'collection': POST, 'rkey': rkey}).value.embed.images[0]
    equal((kept.alt, kept.image.size, kept.image.mime_type), ('a pixel', len(PIXEL), 'image/png'), 'with an image')
    cid = kept.image.cid.encode()
    equal(client.com.atproto.sync.list_blobs({'did': did}).cids, [cid], 'the blob is listed')
    equal(client.com.atproto.sync.get_blob({'did': did, 'cid': cid}), PIXEL, 'the image comes back as it was')
    like = client.like(post.uri, post.cid)
    check(client.unlike(like.uri), 'a like can be taken back')
    reply = models.AppBskyFeedPost.ReplyRef(
        root=models.create_strong_ref(post), parent=models.create_strong_ref(image)
    )
    client.send_post('A reply', reply_to=reply)
    check(client.delete_post(image.uri), 'a post can be deleted')
    gone = lambda: repo.get_record({'repo': did, 'collection': POST, 'rkey': rkey})
    refused('and is gone', BadRequestError, 'RecordNotFound', gone)
    equal(client.com.atproto.sync.list_blobs({'did': did}).cids, [], 'with its image')
    handle = client.com.atproto.identity.resolve_handle({'handle': person.handle})
    equal(handle.did, did, 'the handle resolves')


def lists(client, person):
    repo, did = client.com.atproto.repo, person.did
    texts = [f'list {index}' for index in range(23)]
    create = models.ComAtprotoRepoApplyWrites.Create
    now = client.get_current_time_iso()
    writes = [
        create(collection=POST, rkey=f'3jqfcqzm3f{index:02}2'.replace('0', 'a').replace('1', 'b')
               .replace('8', 'c').replace('9', 'd'),
               value=models.AppBskyFeedPost.Record(text=text, created_at=now))
        for index, text in enumerate(texts)
    ]
    repo.apply_writes(models.ComAtprotoRepoApplyWrites.Data(repo=did, writes=writes))
    found, cursor = [], None
    while True:
        page = repo.list_records({'repo': did, 'collection': POST, 'limit': 10, 'cursor': cursor})
        found += [record.value.text for record in page.records]
        cursor = page.cursor
        if not cursor:
            break
        check(len(found) < 100, 'lists end')
    equal(sorted(found), sorted([*texts, 'Hello from a bot', 'A reply']), 'pages have all once')
    writes = [models.ComAtprotoRepoApplyWrites.Delete(collection=POST, rkey=write.rkey) for write in writes]
    repo.apply_writes(models.ComAtprotoRepoApplyWrites.Data(repo=did, writes=writes))
    left = repo.list_records({'repo': did, 'collection': POST})
    equal(sorted(record.value.text for record in left.records), ['A reply', 'Hello from a bot'], 'deleted ones are not listed')


def events(pds, client, person, chance):
    stream = Events(pds)
    note = 'test.pagurus.bot'
    did, repo = person.did, client.com.atproto.repo
    put = lambda rkey, n: repo.put_record(
        models.ComAtprotoRepoPutRecord.Data(repo=did, collection=note, rkey=rkey, record={'$type': note, 'n': n})
    )
    until('an event arrives', lambda: put('canary', time.time_ns() % 2**40) and stream.of(did))
    done, kept = [], {}
    for index in range(200):
        rkey = f'note{chance.randrange(40)}'
        if rkey in kept and chance.randrange(3) == 0:
            repo.delete_record({'repo': did, 'collection': note, 'rkey': rkey})
            done.append(('delete', f'{note}/{rkey}', None))
            del kept[rkey]
        else:
            kind = 'update' if rkey in kept else 'create'
            cid = put(rkey, index).cid
            done.append((kind, f'{note}/{rkey}', cid))
            kept[rkey] = cid
    operations = lambda: [
        (m, op) for m, op in stream.operations(did) if not op.path.endswith('/canary')
    ]
    until('all events arrive', lambda: len(operations()) >= len(done) or stream.failures)
    equal(stream.failures, [], 'no event is refused')
    text = lambda cid: cid.encode() if isinstance(cid, CID) else cid
    found = [(op.action, op.path, text(op.cid)) for _, op in operations()]
    equal(found, done, 'events are what was done, in order')
    for message, op in operations():
        car = CAR.from_bytes(message.blocks)
        commit = car.blocks[car.root]
        equal((commit['did'], commit['rev'], commit['version']), (did, message.rev, 3), 'the commit is in the blocks')
        if op.cid:
            value = car.blocks[CID.decode(text(op.cid))]
            equal(value['$type'], note, 'the record is in the blocks')
    before = None
    commits = {m.seq: m for m, _ in operations()}
    for seq in sorted(commits):
        message = commits[seq]
        if before:
            equal(message.since, before.rev, 'commits follow each other')
            check(message.rev > before.rev, 'revs rise')
        check(message.prev_data, 'commits name the tree before')
        before = message
    equal([m.seq for m in stream.messages], sorted(m.seq for m in stream.messages), 'numbers rise')

    late = Events(pds, cursor=stream.messages[0].seq - 1)
    last = stream.messages[-1].seq
    until('the replay ends', lambda: late.failures or any(m.seq >= last for m in list(late.messages)))
    equal(late.failures, [], 'no event of the replay is refused')
    line = lambda m: (m.seq, type(m).__name__)
    equal([line(m) for m in late.of(did)], [line(m) for m in stream.of(did)], 'a replay is the same')
    return {f'{note}/{rkey}': cid for rkey, cid in kept.items()}


def archive(client, person, kept):
    car = CAR.from_bytes(client.com.atproto.sync.get_repo({'did': person.did}))
    commit = car.blocks[car.root]
    latest = client.com.atproto.sync.get_latest_commit({'did': person.did})
    equal((car.root.encode(), commit['rev']), (latest.cid, latest.rev), 'the archive is of the newest commit')
    found = {}

    def walk(cid):
        node, key = car.blocks[CID.from_decoded_bytes(cid) if isinstance(cid, bytes) else CID.decode(cid)], b''
        if node['l']:
            walk(node['l'])
        for entry in node['e']:
            key = key[: entry['p']] + entry['k']
            value = entry['v']
            found[key.decode()] = value if isinstance(value, str) else CID.from_decoded_bytes(value).encode()
            if entry['t']:
                walk(entry['t'])

    walk(commit['data'])
    for path, cid in kept.items():
        equal(found.get(path), cid, f'the archive has {path}')
    notes = {path for path in found if path.startswith('test.pagurus.bot/note')}
    equal(notes, set(kept), 'and no deleted ones')


def main():
    environment = os.environ
    pds, plc = (environment[name].rstrip('/') for name in ('PDS_URL', 'PLC_URL'))
    seed = int(environment.get('PEERS_SEED') or random.randrange(2**32))
    print(f'PyPI atproto: server {pds}, directory {plc}, seed {seed}', flush=True)
    person = topic('signing up', signing_up, pds, plc)
    client = topic('logging in', logging_in, pds, person)
    topic('posting', posting, client, person)
    topic('lists in pages', lists, client, person)
    kept = topic('events', events, pds, client, person, random.Random(seed))
    topic('the repository as an archive', archive, client, person, kept)
    print(f'PyPI atproto: {checks} checks')


def signing_up(pds, plc):
    person = Person(pds, 'bot')
    with urllib.request.urlopen(f'{plc}/{person.did}/data') as answer:
        data = json.load(answer)
    equal(data['alsoKnownAs'], [f'at://{person.handle}'], 'the directory has the handle')
    document = IdResolver(plc_url=plc).did.resolve(person.did)
    equal(document.get_pds_endpoint(), pds, 'the identity resolves to the server')
    equal(document.get_handle(), person.handle, 'and to the handle')
    check(document.get_did_key().startswith('did:key:z'), 'and to a key')
    return person


if __name__ == '__main__':
    try:
        main()
    except Failed as error:
        sys.exit(f'FAILED: {error}')
