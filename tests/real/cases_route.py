# SPDX-License-Identifier: MIT
"""Every kind of domain, by a real resolver: explained, and then taken."""
import collections
from cases_delivery import SENDER, arrives, message
from names import MANY

MX_MAX = 16  # R12: so many mail exchangers of a domain are looked at

# domain: verdict, status, hosts in order, exit code of explain.
PLANS = {
    "plain.example": ("deliver", "2.0.0", ["mx.example"], 0),
    "two.example": ("deliver", "2.0.0", ["dead.example", "mx.example"], 0),
    "tls.example": ("deliver", "2.0.0", ["secure.example"], 0),
    "implicit.example": ("deliver", "2.0.0", ["implicit.example"], 0),
    "alias.example": ("deliver", "2.0.0", ["mx.example"], 0),
    "null.example": ("bounce", "5.1.10", [], 68),
    "nowhere.example": ("bounce", "5.1.2", [], 68),
    "text.example": ("bounce", "5.4.4", [], 68),
    "lost.example": ("bounce", "5.4.4", [], 68),
    "elsewhere.invalid.org": ("defer", "4.4.3", [], 75),
}


def plan_of(world, domain):
    run = world.program.explain(f"user@{domain}")
    assert len(run.lines) == 1, run
    return run, run.lines[0]


def explain_case(domain, expected):
    def case(world):
        verdict, status, hosts, code = expected
        run, plan = plan_of(world, domain)
        assert plan["verdict"] == verdict and run.code == code, run
        assert plan["status"] == status, run
        assert [hop["host"] for hop in plan["hops"]] == hosts, run
        assert all(hop["port"] == world.postfix.port for hop in plan["hops"]), run
        assert plan["steps"], run
    return f"explain-{domain.split('.')[0]}", case


def explain_indirect(world):
    """The target of the MX is an alias: the address is that of its target (R11)."""
    run, plan = plan_of(world, "indirect.example")
    assert run.code == 0, run
    assert [hop["address"] for hop in plan["hops"]] == ["127.0.0.2"], run


def explain_many(world):
    """An answer that does not fit into a datagram comes by TCP: 40 names, one address."""
    code, truncated, _ = world.names.ask("many.example", 15)
    assert code == 0 and truncated
    run, plan = plan_of(world, "many.example")
    assert plan["verdict"] == "deliver" and len(plan["hops"]) == 1, run
    reasons = collections.Counter(drop["reason"] for drop in plan["dropped"])
    assert reasons == {"drop-mx-limit": MANY - MX_MAX, "drop-duplicate": MX_MAX - 1}, run
    hosts = {one["host"] for one in plan["hops"] + plan["dropped"]}
    assert len(hosts) == MANY, run


def failed(world, recipient, status, attempts):
    run = world.program.send(message(recipient, b"nobody\r\n"), SENDER, [recipient])
    result = run.result(recipient)
    assert run.code == 69 and result["outcome"] != "delivered", run
    assert result["status"] == status and result["attempts"] == attempts, run
    return run


def first_dead(world):
    """Nothing listens at the best mail exchanger: the same attempt takes the next."""
    recipient = "user-second@two.example"
    run = arrives(world, recipient, message(recipient, b"the second\r\n", "second"))
    result = run.result(recipient)
    assert result["address"] == "127.0.0.2" and result["attempts"] == 1, run


def reaches(name, domain, address="127.0.0.2"):
    def case(world):
        recipient = f"user-{name}@{domain}"
        run = arrives(world, recipient, message(recipient, b"found\r\n", name))
        assert run.result(recipient)["address"] == address, run
    return case


CASES = dict(explain_case(*one) for one in PLANS.items())
CASES.update({
    "explain-indirect": explain_indirect, "explain-many": explain_many,
    "first-mx-dead": first_dead,
    "nxdomain": lambda world: failed(world, "user@nowhere.example", "5.1.2", 1),
    "null-mx": lambda world: failed(world, "user@null.example", "5.1.10", 1),
    "cname-domain": reaches("alias", "alias.example"),
    "cname-mx": reaches("indirect", "indirect.example"),
    "implicit-mx": reaches("implicit", "implicit.example"),
    "answer-by-tcp": reaches("many", "many.example")})
