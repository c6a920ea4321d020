# SPDX-License-Identifier: MIT
"""Address lists as people, programs and attackers write them."""

PLAIN = [
    "a@b", "a@b.example", "joe@a.example", "a@b,c@d", "a@b, c@d, e@f", " a@b ",
    "a@b ,c@d",
    "joe.doe@a.example", "a.b.c.d@e.f.g.example", "a+tag@b.example", "a=b@c.example",
    "a/b@c.example", "{a}@b.example", "!#$%&'*+-/=?^_`{|}~@b.example", "-a@b.example",
    "a-@b.example", "_a_@b.example", "1@2.example", "a@1.2.example", "A@B.EXAMPLE",
    "MiXeD@CaSe.Example", "a@b-c.example", "a@xn--bcher-kva.example",
    "a@[192.0.2.1]", "<a@[192.0.2.1]>", "Joe <a@[192.0.2.7]>", "a@[IPv6:2001:db8::1]",
    "postmaster@localhost", "a" * 64 + "@b.example", "a@" + "b" * 63 + ".example",
]

NAMES = [
    "Joe <joe@a.example>", "Joe Doe <joe@a.example>", "\"Joe Doe\" <joe@a.example>",
    "\"Doe, Joe\" <joe@a.example>", "\"Doe, Joe\" <joe@a.example>, x@y.example",
    "\"Joe \\\"J\\\" Doe\" <joe@a.example>", "\"back\\\\slash\" <joe@a.example>",
    "\"a@b\" <c@d.example>", "\"<a@b>\" <c@d.example>", "\"a;b\" <c@d.example>",
    "\"a:b\" <c@d.example>", "\"(no comment)\" <c@d.example>", "\"\" <c@d.example>",
    "<c@d.example>", "< c@d.example >", "Joe<joe@a.example>", "\"Joe\"<joe@a.example>",
    "Joe Q. Public <joe@a.example>", "J. <joe@a.example>", "J.R.R. Tolkien <j@a.example>",
    "Dr. Joe, M.D. <joe@a.example>", "Joe \"the Man\" Doe <joe@a.example>",
    "O'Brien <o@a.example>", "Joe & Jane <jj@a.example>", "Joe/Sales <joe@a.example>",
    "[List] Joe <joe@a.example>", "Joe [Work] <joe@a.example>", "+49 123 <n@a.example>",
    "Joe  Doe   <joe@a.example>", "\tJoe\tDoe\t<joe@a.example>", "joe <joe@a.example>,",
    "A <a@b.example>,B <c@d.example>", "A <a@b.example> , B <c@d.example> ,c@e.example",
    "$100 <m@a.example>", "#1 <n@a.example>", "100% <p@a.example>", "* <s@a.example>",
    "who? <w@a.example>", "a=b <e@a.example>", "_ <u@a.example>", "\"'\" <q@a.example>",
    "'Joe Doe' <joe@a.example>", "\" Joe \" <joe@a.example>",
    "\"\\J\\o\\e\" <j@a.example>",
]

COMMENTS = [
    "a@b (Joe)", "a@b.example (Joe Doe)", "(Joe) a@b.example", "Joe (x) <a@b.example>",
    "Joe <a@b.example> (x)", "(x) Joe <a@b.example>", "Joe <a@b.example (x)>",
    "Joe <(x) a@b.example>", "a@b.example (a (nested (deep)) one)", "a(x)@b.example",
    "a@(x)b.example", "a @ b.example", "a@ b.example", "a @b.example", "a . b@c.example",
    "a@b . example", "a@b.example (\\))", "a@b.example (\\()", "a@b.example (,)",
    "a@b.example (<x@y>)", "a@b.example (x@y.example)", "(x@y.example) a@b.example",
    "(,) a@b.example", "a@b.example, (c) c@d.example", "a@b.example (c), c@d.example",
    "() a@b.example", "a@b.example ()", "Joe (a) (b) <c@d.example>",
    "a@b.example(Joe)", "(a)(b)c@d.example", "pete(his account)@silly.test(his host)",
    "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
    "\"a\"(c)<b@d.example>", "a@b.example (caf\\e)", "(\"quote) a@b.example",
]

FOLDS = [
    "a@b.example,\r\n c@d.example", "Joe\r\n Doe <a@b.example>",
    "Joe Doe\r\n <a@b.example>", "a@b.example,\r\n\tc@d.example,\r\n e@f.example",
    "\"Joe\r\n Doe\" <a@b.example>", "(a\r\n b) c@d.example", "\r\n a@b.example",
    "A <a@b.example>,\r\n B <c@d.example>\r\n ", "a@b.example,\n c@d.example",
]

GROUPS = [
    "undisclosed-recipients:;", "Undisclosed recipients:;", "undisclosed-recipients: ;",
    "A: a@b.example;", "A Group: Ed <ed@a.example>, joe@b.example, John <j@c.example>;",
    "A: a@b.example, c@d.example;, e@f.example", "x@y.example, A: a@b.example;",
    "A:;, B:;", "A: a@b.example;, B: c@d.example;", "\"A: B\": a@b.example;",
    "\"A, B\":;", "A (c): a@b.example;", "A: (nobody);", "A: a@b.example; (c)",
    "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
    "A: ,a@b.example,, c@d.example,;", "A:a@b.example,;", "A B C:a@b.example;",
    "A: B <a@b.example>;", "A:;,", ",A:;", "A.B: c@d.example;", "A:;",
    "Undisclosed recipients:", "A: a@b.example", "A: B: a@b.example;;",
]

EMPTY = [
    "", " ", ",", ",,", " , ", "(x)", ",a@b.example", "a@b.example,", ",,a@b.example,,",
    "a@b.example,,c@d.example", "a@b.example, ,c@d.example", ", (x) , a@b.example",
]

ROUTES = [
    "<@x.example:a@b.example>", "<@x.example,@y.example:a@b.example>",
    "Joe <@x.example:a@b.example>", "Joe <@x.example , @y.example : a@b.example>",
    "<@x.example,,@y.example:a@b.example>", "<@:a@b.example>", "@x.example:a@b.example",
    "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
]

QUOTED = [
    "\"a\"@b.example", "\"a b\"@c.example", "\"a@b\"@c.example", "\"a,b\"@c.example",
    "\"a\\\"b\"@c.example", "\"a\\\\b\"@c.example", "\"<a>\"@b.example", "\"\"@b.example",
    "\"a.b\"@c.example", "\"a..b\"@c.example", "\".a\"@c.example", "\"(a)\"@b.example",
    "\"a\".b@c.example", "a.\"b\"@c.example", "\"a\"b@c.example", "\"a b\" @c.example",
    "Joe <\"a b\"@c.example>", "\" \"@c.example", "\"a;b:c\"@d.example",
]

WORDS = [
    "=?UTF-8?Q?J=C3=B6rg?= <j@a.example>", "=?utf-8?b?SsO2cmc=?= <j@a.example>",
    "=?iso-8859-1?q?J=F6rg?= <j@a.example>", "=?ISO-8859-15?Q?=A4?= <j@a.example>",
    "=?windows-1252?Q?=80?= <j@a.example>", "=?utf-8?q?a_b?= <j@a.example>",
    "=?utf-8?q?a?= =?utf-8?q?b?= <j@a.example>", "=?utf-8?q?a?= b <j@a.example>",
    "a =?utf-8?q?b?= <j@a.example>", "=?utf-8?q?a=2C_b?= <j@a.example>",
    "=?utf-8?q?a=40b?= <j@a.example>", "=?utf-8?q?a?=\r\n =?utf-8?q?b?= <j@a.example>",
    "=?UTF-8*en?Q?a?= <j@a.example>", "=?us-ascii?q?a?= <j@a.example>",
    "=?utf-8?q?G?=: a@b.example;",
    "=?utf-8?q?a?= <j@a.example>, =?utf-8?q?b?= <k@a.example>",
    "a@b.example (=?utf-8?q?J=C3=B6?=)", "=?utf-8?q?=22=3Cx=40y=3E=22?= <j@a.example>",
    "\"=?utf-8?q?a?=\" <j@a.example>", "=?utf-8?b?w7bDpMO8?= <j@a.example>",
    "=?x-none?q?a?= <j@a.example>",
]

EAI = [
    "J\u00f6rg <j@a.example>", "\"J\u00f6rg, D.\" <j@a.example>",
    "\u65e5\u672c <n@a.example>",
    "j\u00f6rg@a.example", "J\u00f6 <j\u00f6@a.example>", "\u7528\u6237@a.example",
    "\U0001f600 <e@a.example>", "a@b.example (J\u00f6rg)",
]

# Nobody may find an address here that another reader finds elsewhere.
HOSTILE = [
    "a@b@c.example", "a@b.example@c.example", "<a@b.example@c.example>", "a@@b.example",
    "a@b.example <c@d.example>", "<a@b.example> <c@d.example>", "a@b.example c@d.example",
    "a@evil.example,\"b@good.example\"@x.example",
    "\"x@evil.example\" <a@good.example>", "\"x@evil.example\"@good.example",
    "\"a@evil.example> \"@good.example", "\"a@b> ORCPT=x\"@c.example",
    "alice@example.org)bob@evil.example", "alice@example.org(bob@evil.example",
    "alice@example.org<bob@evil.example", "alice@example.org>bob@evil.example",
    "alice@example.org]bob@evil.example", "alice@example.org[bob@evil.example",
    "alice@example.org:bob@evil.example", "alice@example.org;bob@evil.example",
    "alice@example.org\"bob@evil.example", "alice@example.org bob@evil.example",
    "<bob@evil.example>alice@good.example", "alice@good.example <bob@evil.example>",
    "\"alice@good.example\" <bob@evil.example>", "alice(@good.example)@evil.example",
    "alice@good.example(@evil.example)", "alice@good.example,(x)", "alice <bob>",
    "a@[evil.example]", "a@[1.2.3.4", "a@1.2.3.4]", "a@[1.2.3.4]x", "a@[1.2.3.4].example",
    "a@[IPv6:::g]", "a@[300.1.1.1]", "a@[]", "a@", "@b.example", "@", "<>",
    "<@b.example>",
    "a", "Joe", "Joe Doe", "<a>", "<a", "a>", "<<a@b.example>>", "<a@b.example",
    "a@b.example>", "a@b..example", "a@.b.example", "a..b@c.example", ".a@b.example",
    "a.@b.example", "a@-b.example", "a@b-.example", "a@b.example.", "a b@c.example",
    "a@b c.example", "<a b@c.example>", "(a@b.example", "a@b.example)", "\"a@b.example",
    "\"a\" b@c.example", "a\"b\"@c.example", ":;", ":", "; ;", "a@b.example;",
    "a@b.example;c@d.example", "A: a@b.example; c@d.example", "A:; b",
    "a@b.example: c@d;",
    "A: <a@b.example", "Joe, <a@b.example>", "Doe, Joe <joe@a.example>",
    "\\a@b.example", "a\\@b@c.example", "a@b.example\\", "a@b_c.example", "a@b.example,c",
    "a@b.example, Joe", "Joe <a@b.example>x", "x<y>z", "\"a@b.example\"",
    "a" * 65 + "@b.example", "a@" + "b" * 64 + ".example",
    "a@b.example\r\nBcc: c@d.example", "a@b.example\nc@d.example", "a\x00@b.example",
    "\"a\r\nRCPT TO:<c@d.example>\" <a@b.example>", "a\x7f@b.example",
    "J\x01 <a@b.example>",
]

LISTS = (PLAIN + NAMES + COMMENTS + FOLDS + GROUPS + EMPTY + ROUTES + QUOTED + WORDS + EAI
         + HOSTILE)
