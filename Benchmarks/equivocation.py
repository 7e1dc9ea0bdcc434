#!/usr/bin/env python3
"""How long a directory that shows its users different logs stays unnoticed: a simulation, whose model docs/equivocation.md describes.

usage: equivocation.py [--runs N] [--check]

Prints tables in Markdown. Every draw comes from a seeded generator: the same N gives the same tables. --check holds the model against
what can be said of it without drawing, and prints nothing else. All times are hours.
"""
import argparse, bisect, itertools, math, random

USERS = 200
WEEK = 168.0
HORIZON = 30 * 24.0
# "At most once an hour to each peer": docs/protocol.md, "Comparing logs".
PAUSE = 1.0
# A client looks at the log when it connects and at half of its presence's lifetime of two hours.
RENEWAL = 1.0
# Of before the attack, so that links that are open then, and what was compared last, are as on any other day.
HISTORY = 14 * 24.0
# After the horizon; and not at all, because nothing in the model could tell.
LATER, NEVER = 1e9, math.inf
GRAPHS = 20


# When somebody is online


def office(rng, zone):
    """Monday to Friday, from about nine to about half past five."""
    for day in itertools.count(-int(HISTORY // 24)):
        if day % 7 < 5:
            yield 24 * day + zone + 9 + rng.uniform(-0.5, 0.5), 24 * day + zone + 17.5 + rng.uniform(-0.5, 0.5)


def evening(rng, zone):
    """Half an hour a day that begins between seven and half past nine."""
    for day in itertools.count(-int(HISTORY // 24)):
        begin = 24 * day + zone + 19 + rng.uniform(0, 2.5)
        yield begin, begin + 0.5


def always(rng, _):
    """All the time but for five minutes at each restart, one a week on the average."""
    begin = -10 * WEEK
    while True:
        end = begin + rng.expovariate(1 / WEEK)
        yield begin, end
        begin = end + 1 / 12


# By name: the sessions, the zones (hours), and the part of all time that one is online.
PATTERNS = {
    "office hours": (office, (0,), 5 * 8.5 / WEEK),
    "office hours, three zones": (office, (-6, 0, 6), 5 * 8.5 / WEEK),
    "always on": (always, (0,), WEEK / (WEEK + 1 / 12)),
    "half an hour in the evening": (evening, (0,), 0.5 / 24),
}


class User:
    """The sessions of one user, drawn as far as somebody asks for them."""

    def __init__(self, seed, pattern):
        sessions, zones, self.part = PATTERNS[pattern]
        rng = random.Random(seed)
        # Drawn whatever the parameters are, so that other parameters change nothing else of a run.
        self.staying, self.asking, zone = rng.random(), rng.random(), rng.choice(zones)
        self.sessions = sessions(rng, zone)
        self.begins, self.ends, self.before = [], [], [0.0]

    def extend(self, until):
        """Draws up to the first session that begins after `until`."""
        while not self.begins or self.begins[-1] <= until:
            begin, end = next(self.sessions)
            self.begins.append(begin)
            self.ends.append(end)
            self.before.append(self.before[-1] + end - begin)

    def online(self, time):
        """How long the user was online until `time`, which is drawn already."""
        number = bisect.bisect_right(self.begins, time)
        return self.before[number] - (max(0.0, self.ends[number - 1] - time) if number else 0.0)

    def after(self, time, online):
        """When the user will have been online for `online` more."""
        goal = self.online(time) + online
        while self.before[-1] < goal:
            self.extend(self.begins[-1])
        number = bisect.bisect_left(self.before, goal) - 1
        return self.begins[number] + goal - self.before[number]

    def looks(self, time):
        """When a client that stays online looks at the log next."""
        self.extend(time)
        number = bisect.bisect_right(self.ends, time)
        begin = self.begins[number]
        if begin < time:
            begin += math.ceil((time - begin) / RENEWAL) * RENEWAL
            if begin >= self.ends[number]:
                self.extend(self.ends[number])
                return self.begins[number + 1]
        return begin


# Who knows whom


def clique_teams(rng):
    """Teams of 5 to 10 in which everybody knows everybody, and two contacts of each team with others."""
    teams, first = [], 0
    while first < USERS:
        size = min(rng.randint(5, 10), USERS - first)
        # A rest of fewer than five goes to the last team.
        if USERS - first - size < 5:
            size = USERS - first
        teams.append(range(first, first + size))
        first += size
    edges = {pair for team in teams for pair in itertools.combinations(team, 2)}
    for team in teams:
        for _ in range(2):
            other = rng.choice([each for each in teams if each is not team])
            edges.add(tuple(sorted((rng.choice(team), rng.choice(other)))))
    middle = min((team.start for team in teams), key=lambda start: abs(start - USERS // 2))
    return edges, middle


def small_world(rng):
    """Watts and Strogatz: a ring on which everybody knows the four next on each side, a tenth of the contacts put elsewhere."""
    edges = {tuple(sorted((one, (one + step) % USERS))) for one in range(USERS) for step in range(1, 5)}
    for edge in sorted(edges):
        if rng.random() < 0.1:
            other = tuple(sorted((edge[0], rng.randrange(USERS))))
            if other[0] != other[1] and other not in edges:
                edges.remove(edge)
                edges.add(other)
    return edges, USERS // 2


def hubs(rng):
    """Barabási and Albert: each newcomer gets to know four, the more likely those whom many know."""
    edges = set(itertools.combinations(range(5), 2))
    ends = [end for edge in sorted(edges) for end in edge]
    for newcomer in range(5, USERS):
        known = set()
        while len(known) < 4:
            known.add(rng.choice(ends))
        for one in sorted(known):
            edges.add((one, newcomer))
            ends += [one, newcomer]
    return edges, USERS // 2


def star(_):
    """One whom everybody knows, and who know nobody else."""
    return {(0, other) for other in range(1, USERS)}, USERS // 2


KINDS = {"teams": clique_teams, "small world": small_world, "hubs": hubs, "star": star}
DRAWN = {}


def graph(kind, number):
    """One of the graphs of a kind: its pairs, the contacts of each user, and where it is cut in two with few contacts across."""
    key = kind, number % GRAPHS
    if key not in DRAWN:
        edges, middle = KINDS[kind](random.Random("%s %d" % key))
        contacts = [[] for _ in range(USERS)]
        for one, other in sorted(edges):
            contacts[one].append(other)
            contacts[other].append(one)
        DRAWN[key] = sorted(edges), contacts, middle
    return DRAWN[key]


# One run


class Model:
    """What a line of a table is about.

    rate: conversations that a pair begins in an hour. stay: the part of the users whose process stays online. cut: the mean time
    after which a network cuts a link; None where only going offline ends it. policy: the part of the users who ask for witnesses'
    signatures. prevents: whether the directory cannot get enough of these for two logs.
    """

    def __init__(self, kind="small world", pattern="office hours", rate=1 / WEEK, stay=1.0, cut=None, policy=0.0, prevents=True):
        self.kind, self.pattern, self.rate, self.stay, self.cut = kind, pattern, rate, stay, cut
        self.policy, self.prevents = policy, prevents


def overlaps(one, other, since):
    """When both are online, as far as their sessions are drawn."""
    i, j = bisect.bisect_right(one.ends, since), bisect.bisect_right(other.ends, since)
    while i < len(one.ends) and j < len(other.ends):
        begin, end = max(one.begins[i], other.begins[j]), min(one.ends[i], other.ends[j])
        if begin < end:
            yield begin, end
        if one.ends[i] < other.ends[j]:
            i += 1
        else:
            j += 1


def first_exchange(one, other, model, seed, attack, apart, until):
    """When two contacts first tell each other their checkpoints at `apart` or after, which is when they hold different logs;
    LATER where that is after `until`.

    A text that nobody could take yet waits, and opens the link when both are online. Texts come as a Poisson process in the time
    that their writer is online, so only the first one after each end of a link has to be drawn.
    """
    one.extend(until)
    other.extend(until)
    rng = random.Random(seed)
    # A pair's conversations are begun by both alike, each while online.
    weights = model.rate / 2 / one.part, model.rate / 2 / other.part
    told, free = -math.inf, attack - HISTORY
    for begin, end in overlaps(one, other, free):
        if begin > until:
            break
        waiting = sum(weight * max(0.0, user.online(begin) - user.online(free)) for weight, user in zip(weights, (one, other)))
        opens = begin if rng.expovariate(1) < waiting else begin + rng.expovariate(sum(weights))
        while opens < end:
            ends = min(end, opens + rng.expovariate(1 / model.cut)) if model.cut else end
            tells = max(opens, told + PAUSE)
            if tells < ends:
                first = tells + max(0, math.ceil((apart - tells) / PAUSE)) * PAUSE
                if first < ends:
                    return first if first <= until else LATER
                told = tells + math.floor((ends - tells) / PAUSE) * PAUSE
            opens = ends + rng.expovariate(sum(weights))
        free = end
    return LATER


def pair_seed(run, one, other):
    return (run * USERS + min(one, other)) * USERS + max(one, other)


def person(run, number, model):
    return User((run * USERS + number) * 2 + (1 << 64), model.pattern)


def lone_victim(model, run, swapped, stays=False):
    """One user is shown a fork from a look-up on; what it took until somebody notices.

    swapped: "one" of the victim's contacts has a wrong key, "all" of them, or "further": one who is none of the graph's contacts.
    stays: whether the victim's process stays online whatever part of the others' does.
    """
    rng = random.Random(run)
    contacts = graph(model.kind, run)[1]
    number = rng.randrange(USERS)
    victim = person(run, number, model)
    # The fork comes in an answer, so the victim is online.
    victim.extend(WEEK)
    attack = victim.after(0.0, rng.random() * (victim.online(WEEK) - victim.online(0.0)))
    honest = list(contacts[number])
    wrong = rng.choice(honest)
    if swapped == "one":
        honest.remove(wrong)
    elif swapped == "all":
        honest = []
    if model.prevents and victim.asking < model.policy:
        return 0.0
    best, possible = attack + HORIZON, False
    noticed = LATER
    for other in honest:
        contact = person(run, other, model)
        if not stays and victim.staying >= model.stay or contact.staying >= model.stay:
            continue
        possible = True
        time = first_exchange(victim, contact, model, pair_seed(run, number, other), attack, attack, best)
        if time < LATER:
            best = noticed = time
    return (noticed - attack if noticed < LATER else LATER) if possible else NEVER


def split(model, run, along):
    """Two halves of the users are shown two logs from a time on; what it took until somebody notices.

    along: whether the directory cuts where few contacts cross; otherwise it splits by lot.
    """
    rng = random.Random(run)
    edges, contacts, middle = graph(model.kind, run)
    users = list(range(USERS))
    if not along:
        rng.shuffle(users)
        middle = USERS // 2
    halves = [sorted(users[:middle]), sorted(users[middle:])]
    attack = rng.uniform(0, WEEK)
    people = {}

    def at(number):
        if number not in people:
            people[number] = person(run, number, model)
        return people[number]

    seen = {}

    def sees(number):
        if number not in seen:
            seen[number] = at(number).looks(attack)
        return seen[number]

    best, possible, noticed = attack + HORIZON, False, LATER
    if model.prevents and model.policy:
        # The directory leaves that half without signatures where fewer ask for them.
        asking = [[each for each in half if at(each).asking < model.policy] for half in halves]
        for each in min(asking, key=len):
            user = at(each)
            possible = True
            if user.staying < model.stay:
                time = sees(each)
            else:
                # A command that writes to somebody looks first.
                rate = model.rate / 2 * len(contacts[each]) / user.part
                user.extend(attack)
                time = user.after(attack, random.Random(run * USERS + each).expovariate(rate))
            if time < best:
                best = noticed = time
    left = set(halves[0])
    for one, other in edges:
        if (one in left) == (other in left) or at(one).staying >= model.stay or at(other).staying >= model.stay:
            continue
        possible = True
        # Until one of them has looked, both believe what was before the two logs parted; one who hears of more looks at once.
        apart = min(sees(one), sees(other))
        if apart >= best:
            continue
        time = first_exchange(at(one), at(other), model, pair_seed(run, one, other), attack, apart, best)
        if time < LATER:
            best = noticed = time
    return (noticed - attack if noticed < LATER else LATER) if possible else NEVER


def prevented(k, n, m):
    """Whether no two logs can both get k of n witnesses' signatures, m of them the directory's, the others each signing one log."""
    return 2 * k > n + m


# Tables


def quantile(times, part):
    return sorted(times)[math.ceil(part * len(times)) - 1]


def text(time):
    if time == NEVER:
        return "never"
    if time == LATER:
        return "> 30 d"
    return "%.1f h" % time if time < 48 else "%.1f d" % (time / 24)


def percent(part):
    return "%g %%" % round(100 * part, 1)


def row(names, times):
    unnoticed = sum(time >= LATER for time in times) / len(times)
    print("| %s |" % " | ".join([*names, *(text(quantile(times, part)) for part in (0.5, 0.9, 0.99)), percent(unnoticed)]))


def head(title, *names):
    print("\n**%s**\n" % title)
    columns = [*names, "median", "90 %", "99 %", "unnoticed after 30 d"]
    print("| %s |\n|%s" % (" | ".join(columns), " --- |" * len(columns)))


def tables(runs):
    def alone(model, swapped="one", stays=False):
        return [lone_victim(model, run, swapped, stays) for run in range(runs)]

    def halves(model, along=False):
        return [split(model, run, along) for run in range(runs)]

    rates = (("daily", 1 / 24), ("weekly", 1 / WEEK), ("monthly", 1 / (30 * 24)))

    head("(a) One victim, one key swapped; a pair begins a conversation weekly; everybody stays online", "contacts", "online")
    for kind, pattern in itertools.product(KINDS, PATTERNS):
        row((kind, pattern), alone(Model(kind, pattern)))
    row(("star, the swapped one is a further contact", "office hours"), alone(Model("star"), "further"))

    head("(a) again, small world, one thing changed at a time", "online", "conversations", "staying online", "link ends")
    for pattern in ("office hours", "half an hour in the evening"):
        for name, rate in rates:
            row((pattern, name, "100 %", "going offline"), alone(Model(pattern=pattern, rate=rate)))
    for stay in (0.5, 0.25, 0.1):
        row(("office hours", "weekly", percent(stay), "going offline"), alone(Model(stay=stay)))
        row(("office hours", "weekly", percent(stay) + ", and the victim", "going offline"), alone(Model(stay=stay), stays=True))
    row(("office hours", "weekly", "100 %", "cut after 1 h on the average"), alone(Model(cut=1.0)))
    for name, rate in rates[1:]:
        row(("always on", name, "100 %", "cut after 1 h on the average"), alone(Model(pattern="always on", rate=rate, cut=1.0)))

    head("(b) One victim, all keys swapped; small world, office hours, weekly", "users with a policy that prevents")
    for policy in (0.0, 0.5, 1.0):
        row((percent(policy),), alone(Model(policy=policy), "all"))

    head("(c) Two halves, no keys swapped; weekly; everybody stays online", "contacts", "halves", "online")
    for kind, pattern in itertools.product(KINDS, PATTERNS):
        row((kind, "by lot", pattern), halves(Model(kind, pattern)))
    for kind, pattern in itertools.product(("teams", "small world"), PATTERNS):
        row((kind, "few contacts across", pattern), halves(Model(kind, pattern), True))

    head("(c) again, teams, few contacts across, one thing changed at a time", "online", "conversations", "staying online")
    for name, rate in rates:
        row(("office hours", name, "100 %"), halves(Model("teams", rate=rate), True))
    for stay in (0.5, 0.25, 0.1):
        row(("office hours", "weekly", percent(stay)), halves(Model("teams", stay=stay), True))

    print("\n**Witnesses: whether k of n prevent, m of them in the directory's hand**\n")
    print("| n | m | %s |\n|%s" % (" | ".join("k = %d" % k for k in range(1, 6)), " --- |" * 7))
    for n, m in ((1, 0), (3, 0), (3, 1), (4, 1), (5, 0), (5, 1), (5, 2)):
        cells = ["yes" if prevented(k, n, m) else "no" for k in range(1, n + 1)] + [""] * (5 - n)
        print("| %d | %d | %s |" % (n, m, " | ".join(cells)))

    head("Policies, weekly, office hours", "case", "policy, m", "users with it", "staying online")
    small, teams = "(a), small world", "(c), teams, few contacts across"
    for k, n, m, case, part, stay in (
            (2, 3, 0, small, 0.25, 1.0), (2, 3, 0, small, 0.5, 1.0), (2, 3, 0, small, 0.95, 1.0), (2, 3, 0, small, 0.5, 0.25),
            (2, 3, 1, small, 0.5, 0.25), (2, 3, 0, teams, 0.05, 1.0), (2, 3, 0, teams, 0.05, 0.1), (2, 3, 1, teams, 0.05, 0.1)):
        model = Model("small world" if case == small else "teams", policy=part, stay=stay, prevents=prevented(k, n, m))
        times = alone(model) if case == small else halves(model, True)
        row((case, "%d of %d, %d" % (k, n, m), percent(part), percent(stay)), times)


# Checks


def check():
    def expect(what, holds):
        if not holds:
            raise SystemExit("equivocation: this does not hold: " + what)

    # The rule for witnesses, against every way in which the honest ones can sign.
    for n in range(1, 8):
        for m, k in itertools.product(range(n + 1), range(1, n + 1)):
            both = any(a + m >= k and b + m >= k for a in range(n - m + 1) for b in range(n - m - a + 1))
            expect("k = %d, n = %d, m = %d" % (k, n, m), prevented(k, n, m) != both)
            expect("monotone in k", k == 1 or prevented(k, n, m) >= prevented(k - 1, n, m))

    # By sessions that are given: links, and the hour between two exchanges, which a new link does not shorten.
    class Given(User):
        def __init__(self, *sessions):
            self.part, self.begins, self.ends, self.before = 1.0, [], [], [0.0]
            self.sessions = iter(sessions)
            super().extend(max(sessions)[0] - 1)

        def extend(self, until):
            pass

    busy, future = Model(rate=1e6), (1e5, 1e5 + 1)

    def between(one, other, attack, until=1000.0):
        return first_exchange(Given(*one, future), Given(*other, future), busy, 1, attack, attack, until)

    steady = [(-1000.0, 3000.0)]
    times = [between(steady, steady, run / 400 + 5) - run / 400 - 5 for run in range(400)]
    expect("always linked: within one hour", 0 <= min(times) and 0.99 < max(times) <= PAUSE and 0.49 < sum(times) / 400 < 0.51)
    expect("never online together", between([(0, 1), (10, 11)], [(2, 3), (12, 13)], 0.0) == LATER)
    expect("what waits opens the link", between([(0, 1), (10, 11)], [(5, 6), (10, 12)], 0.0) == 10)
    expect("not twice an hour", 1 <= between([(0, 0.2), (0.5, 5)], steady, 0.1) < 1.001)
    expect("not after the time is up", between(steady, steady, 5.0, 5.0) == LATER)

    # When a client looks: hourly while it is online, and when it comes.
    for seed in range(100):
        user = User(seed, "office hours")
        monday = user.looks(5 * 24.0)
        expect("looks when it comes", monday in user.begins and 7 * 24 + 8.5 <= monday <= 7 * 24 + 9.5)
        expect("looks again", monday < user.looks(monday + 0.1) == monday + 1)

    # A pair that is always on: a link is open unless nobody wrote since the last of two weekly restarts; then the next text decides.
    lone = Model(pattern="always on", rate=1 / WEEK)
    ends, late = 2 / WEEK, 0
    for run in range(3000):
        one, other = (User(run * 2 + each, "always on") for each in (1, 1 << 40))
        late += first_exchange(one, other, lone, run, 0.0, 0.0, WEEK) == LATER
    exact = ends / (ends + lone.rate) * math.exp(-lone.rate * WEEK)
    expect("one pair, always on: %.3f, and not %.3f" % (exact, late / 3000), abs(late / 3000 - exact) < 0.02)

    for name, (_, _, part) in PATTERNS.items():
        total = 0.0
        for seed in range(100):
            user = User(seed, name)
            user.extend(5 * WEEK)
            total += user.online(4 * WEEK) - user.online(0.0)
        expect("time online: " + name, abs(total / 100 / (4 * WEEK) / part - 1) < 0.02)

    for kind in KINDS:
        edges, contacts, middle = graph(kind, 0)
        expect("graph: " + kind, all(contacts) and all(0 <= one < other < USERS for one, other in edges) and 80 <= middle <= 120)
    expect("small teams", 5 <= min(map(len, graph("teams", 0)[1])) + 1 <= 10)

    # Nothing but witnesses tells where the directory is in the middle of every link, or where nobody stays online.
    some = range(300)
    expect("(b): never", {lone_victim(Model(), run, "all") for run in some} == {NEVER})
    expect("(b), policy: at once", {lone_victim(Model(policy=1.0), run, "all") for run in some} == {0.0})
    expect("(b), bought policy: never", {lone_victim(Model(policy=1.0, prevents=False), run, "all") for run in some} == {NEVER})
    expect("nobody stays: never", {lone_victim(Model(stay=0.0), run, "one") for run in some} == {NEVER})
    expect("nobody stays, halves: never", {split(Model(stay=0.0), run, False) for run in range(50)} == {NEVER})
    expect("a leaf of a star has nobody", sum(lone_victim(Model("star"), run, "one") == NEVER for run in some) >= 290)

    # Two halves without a contact across: only who asks for signatures tells, when its client looks.
    halves = [range(USERS // 2), range(USERS // 2, USERS)]
    pairs = [(half[0], other) for half in halves for other in half[1:]]
    for number in range(GRAPHS):
        DRAWN["islands", number] = pairs, [[each] for each in range(USERS)], USERS // 2
    for pattern in ("always on", "office hours"):
        islands = Model("islands", pattern), Model("islands", pattern, policy=1.0), Model("islands", pattern, policy=1.0, stay=0.0)
        alone, asking, moving = ([split(model, run, True) for run in range(50)] for model in islands)
        expect("islands: never", set(alone) == {NEVER})
        expect("islands, policies", max(asking) <= (RENEWAL if pattern == "always on" else 3 * 24) and max(moving) < LATER)
        # Whoever does not stay online looks only with a command.
        expect("islands, policies of who comes and goes", quantile(asking, 0.5) < quantile(moving, 0.5))
    bought = Model("islands", policy=1.0, prevents=False)
    expect("islands, bought policies: never", {split(bought, run, True) for run in range(50)} == {NEVER})

    # More who can compare, or who refuse, is never later, run by run.
    shares = (0.0, 0.2, 0.5, 1.0)
    for less, more in zip(shares, shares[1:]):
        for run in some:
            expect("monotone in who stays", lone_victim(Model(stay=more), run, "one") <= lone_victim(Model(stay=less), run, "one"))
            expect("monotone in policies",
                   lone_victim(Model(policy=more), run, "one") <= lone_victim(Model(policy=less), run, "one"))
        for run in range(50):
            expect("monotone in who stays, halves", split(Model(stay=more), run, True) <= split(Model(stay=less), run, True))
    for run in some:
        expect("a fork with more honest links", lone_victim(Model(), run, "further") <= lone_victim(Model(), run, "one"))
    expect("cut links are later", quantile([lone_victim(Model(cut=0.5), run, "one") for run in some], 0.5)
           > quantile([lone_victim(Model(), run, "one") for run in some], 0.5))
    for pattern in PATTERNS:
        models = [Model(pattern=pattern, rate=rate) for rate in (1 / 24, 1 / WEEK, 1 / 720)]
        series = [[lone_victim(model, run, "one") for run in some] for model in models]
        for part in (0.5, 0.9):
            found = [quantile(times, part) for times in series]
            expect("monotone in rates: " + pattern, found == sorted(found))
    print("equivocation: all checks hold")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=500, help="for each line of a table")
    parser.add_argument("--check", action="store_true", help="hold the model against what is known without it")
    options = parser.parse_args()
    if options.check:
        check()
    elif options.runs < 1:
        parser.error("at least one run")
    else:
        print("%d runs for each line, %d users." % (options.runs, USERS))
        tables(options.runs)


if __name__ == "__main__":
    main()
