/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli.h"

static const char usage[] =
    "mailroute sends mail straight to the recipients' mail servers.\n"
    "\n"
    "  mailroute send --from ADDRESS --to ADDRESS [OPTION]...\n"
    "  mailroute send --raw FILE -t [OPTION]...\n"
    "  mailroute explain [OPTION]... ADDRESS...\n"
    "\n"
    "send waits until every recipient is delivered, refused or given up. explain shows\n"
    "which servers would be tried, in which order and why, and sends nothing.\n"
    "\n"
    "The message:\n"
    "  -f, --from ADDRESS       author, and sender of the envelope\n"
    "      --to, --cc, --bcc ADDRESS   recipients; each may be given many times\n"
    "  -s, --subject TEXT\n"
    "  -b, --body TEXT          text of the mail\n"
    "      --body-file FILE     the same from a file, - = standard input (the default)\n"
    "      --raw FILE           a finished message (RFC 5322) instead, - = standard "
    "input\n"
    "  -t, --header-recipients  with --raw: recipients from its To, Cc and Bcc fields\n"
    "      --sender ADDRESS     sender of the envelope, if it is not --from; '' = none\n"
    "\n"
    "The way:\n"
    "      --resolver ADDR[:PORT]  DNS server instead of /etc/resolv.conf's; repeatable\n"
    "      --relay HOST:PORT    hand everything to this server; HOST: [V6] in brackets\n"
    "      --port N             port of the mail exchangers (25)\n"
    "      --helo NAME          our own host name\n"
    "      --source ADDR        local address to send from\n"
    "      --tls LEVEL          none, may (default), encrypt or verify\n"
    "      --ca-file FILE       CA certificates for --tls verify, instead of the "
    "system's\n"
    "      --allow-special      allow loopback and link-local servers (test networks)\n"
    "\n"
    "Time:\n"
    "      --retry-after S      seconds between attempts (default: 300 to 4000, "
    "growing)\n"
    "      --give-up-after S    seconds until a recipient counts as failed (5 days)\n"
    "      --timeout-scale X    factor on all timeouts of DNS and SMTP (1)\n"
    "\n"
    "Output:\n"
    "  -v, --verbose            transcript of the conversation, secrets left out\n"
    "      --json               one JSON object per line: events, then one per "
    "recipient\n"
    "  -h, --help               this text\n"
    "      --version\n"
    "\n"
    "Exit status (sysexits.h): 0 all delivered; 69 a recipient was refused or given up;\n"
    "75 stopped while some were still to be tried; 64 usage; 65 bad address or message;\n"
    "66 a file cannot be read; 71 system. explain: 0, 68 never deliverable, 75 not "
    "now.\n";

enum {
  OPT_TO = 1000,
  OPT_CC,
  OPT_BCC,
  OPT_BODY_FILE,
  OPT_RAW,
  OPT_SENDER,
  OPT_RESOLVER,
  OPT_RELAY,
  OPT_PORT,
  OPT_HELO,
  OPT_SOURCE,
  OPT_TLS,
  OPT_CA_FILE,
  OPT_ALLOW_SPECIAL,
  OPT_RETRY_AFTER,
  OPT_GIVE_UP_AFTER,
  OPT_TIMEOUT_SCALE,
  OPT_JSON,
  OPT_VERSION
};

static const struct option long_options[] = {
    {"from", required_argument, NULL, 'f'},
    {"to", required_argument, NULL, OPT_TO},
    {"cc", required_argument, NULL, OPT_CC},
    {"bcc", required_argument, NULL, OPT_BCC},
    {"subject", required_argument, NULL, 's'},
    {"body", required_argument, NULL, 'b'},
    {"body-file", required_argument, NULL, OPT_BODY_FILE},
    {"raw", required_argument, NULL, OPT_RAW},
    {"header-recipients", no_argument, NULL, 't'},
    {"sender", required_argument, NULL, OPT_SENDER},
    {"resolver", required_argument, NULL, OPT_RESOLVER},
    {"relay", required_argument, NULL, OPT_RELAY},
    {"port", required_argument, NULL, OPT_PORT},
    {"helo", required_argument, NULL, OPT_HELO},
    {"source", required_argument, NULL, OPT_SOURCE},
    {"tls", required_argument, NULL, OPT_TLS},
    {"ca-file", required_argument, NULL, OPT_CA_FILE},
    {"allow-special", no_argument, NULL, OPT_ALLOW_SPECIAL},
    {"retry-after", required_argument, NULL, OPT_RETRY_AFTER},
    {"give-up-after", required_argument, NULL, OPT_GIVE_UP_AFTER},
    {"timeout-scale", required_argument, NULL, OPT_TIMEOUT_SCALE},
    {"verbose", no_argument, NULL, 'v'},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0}};

static int wrong(const char *name, const char *value, const char *expected) {
  cli_complain("--%s %s: %s", name, value, expected);
  return EX_USAGE;
}

static int add(cli_list *list, const char *item) {
  if (list->count == CLI_LIST_MAX) {
    cli_complain("more than %d of one kind", CLI_LIST_MAX);
    return EX_USAGE;
  }
  list->items[list->count++] = item;
  return 0;
}

static int set_name(cli_args *args, const char *flag, const char *option,
                    const char *value, const char *expected) {
  return mr_options_set_name(args->options, option, value) ? wrong(flag, value, expected)
                                                           : 0;
}

/* A positive number of seconds as milliseconds into one or two options. */
static int set_seconds(cli_args *args, const char *flag, const char *value, int first,
                       int second) {
  char *end = NULL;
  double seconds = strtod(value, &end);
  if (end == value || *end || !isfinite(seconds) || seconds <= 0 || seconds > 1e9) {
    return wrong(flag, value, "a positive number of seconds is needed");
  }
  int64_t ms = (int64_t)(seconds * 1000 + 0.5);
  return mr_options_set(args->options, first, ms) ||
                 mr_options_set(args->options, second, ms)
             ? wrong(flag, value, "out of range")
             : 0;
}

/* A dead server rests no longer than the message: each attempt is a real one. */
static int set_retry(cli_args *args, const char *value) {
  static const char flag[] = "retry-after";
  mr_options_set(args->options, MR_OPT_RETRY_JITTER, 0);
  int status = set_seconds(args, flag, value, MR_OPT_RETRY_MIN, MR_OPT_RETRY_MAX);
  return status
             ? status
             : set_seconds(args, flag, value, MR_OPT_DEAD_HOST_MIN, MR_OPT_DEAD_HOST_MAX);
}

static int set_scale(cli_args *args, const char *value) {
  char *end = NULL;
  double x = strtod(value, &end);
  if (end == value || *end || !isfinite(x) || x < 0.01 || x > 100) {
    return wrong("timeout-scale", value, "a number from 0.01 to 100 is needed");
  }
  mr_options_set(args->options, MR_OPT_TIMEOUT_SCALE, (int64_t)(x * 100 + 0.5));
  return 0;
}

static int set_source(cli_args *args, const char *value) {
  unsigned char address[sizeof(struct in6_addr)];
  int is_v6 = strchr(value, ':') != NULL;
  int id = is_v6 ? MR_OPT_SOURCE_IPV6 : MR_OPT_SOURCE_IPV4;
  return inet_pton(is_v6 ? AF_INET6 : AF_INET, value, address) != 1 ||
                 mr_options_set_text(args->options, id, value)
             ? wrong("source", value, "an IP address is needed")
             : 0;
}

/* A host name, or an address in brackets (RFC 5321 section 4.1.4). */
static int set_helo(cli_args *args, const char *value) {
  static const char octets[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789-.[]:";
  return value[0] == '\0' || value[strspn(value, octets)] != '\0' ||
                 mr_options_set_text(args->options, MR_OPT_HELO_NAME, value)
             ? wrong("helo", value, "a host name is needed")
             : 0;
}

static int take_way(cli_args *args, int option, const char *value) {
  switch (option) {
  case OPT_RESOLVER:
    return add(&args->resolvers, value);
  case OPT_RELAY:
    args->relay = value;
    return 0;
  case OPT_PORT:
    return set_name(args, "port", "port", value, "a number from 1 to 65535 is needed");
  case OPT_HELO:
    return set_helo(args, value);
  case OPT_SOURCE:
    return set_source(args, value);
  case OPT_TLS:
    return set_name(args, "tls", "tls-level", value, "none, may, encrypt or verify");
  case OPT_CA_FILE:
    args->ca_file = value;
    return 0;
  case OPT_ALLOW_SPECIAL:
    return mr_options_set(args->options, MR_OPT_ALLOW_SPECIAL, 1) ? EX_SOFTWARE : 0;
  case OPT_RETRY_AFTER:
    return set_retry(args, value);
  case OPT_GIVE_UP_AFTER:
    return set_seconds(args, "give-up-after", value, MR_OPT_LIFETIME,
                       MR_OPT_BOUNCE_LIFETIME);
  default:
    return set_scale(args, value);
  }
}

static int take(cli_args *args, int option, const char *value) {
  switch (option) {
  case 'f':
    args->from = value;
    return 0;
  case 's':
    args->subject = value;
    return 0;
  case 'b':
    args->body = value;
    return 0;
  case 't':
    args->header_recipients = 1;
    return 0;
  case 'v':
    args->verbose = 1;
    return mr_options_set(args->options, MR_OPT_TRACE, 1) ? EX_SOFTWARE : 0;
  case OPT_TO:
    return add(&args->to, value);
  case OPT_CC:
    return add(&args->cc, value);
  case OPT_BCC:
    return add(&args->bcc, value);
  case OPT_BODY_FILE:
    args->body_file = value;
    return 0;
  case OPT_RAW:
    args->raw_file = value;
    return 0;
  case OPT_SENDER:
    args->sender = value;
    return 0;
  case OPT_JSON:
    args->json = 1;
    return 0;
  default:
    return take_way(args, option, value);
  }
}

static int check_send(const cli_args *args) {
  size_t recipients = args->to.count + args->cc.count + args->bcc.count;
  if (args->addresses.count) {
    cli_complain("send takes no argument \"%s\"; recipients go with --to",
                 args->addresses.items[0]);
  } else if (args->raw_file && (args->body || args->body_file || args->subject)) {
    cli_complain("--raw is the whole message: no --subject and no --body with it");
  } else if (args->body && args->body_file) {
    cli_complain("--body and --body-file exclude each other");
  } else if (args->header_recipients && !args->raw_file) {
    cli_complain("-t needs --raw FILE");
  } else if (!args->from && !args->raw_file) {
    cli_complain("--from ADDRESS is missing");
  } else if (recipients == 0 && !args->header_recipients) {
    cli_complain("no recipient: --to ADDRESS%s", args->raw_file ? ", or -t" : "");
  } else {
    return 0;
  }
  return EX_USAGE;
}

static int check(const cli_args *args) {
  if (strcmp(args->command, "send") == 0) {
    return check_send(args);
  }
  if (strcmp(args->command, "explain") != 0) {
    cli_complain("unknown command \"%s\": send or explain", args->command);
  } else if (args->addresses.count == 0) {
    cli_complain("explain needs an address");
  } else {
    return 0;
  }
  return EX_USAGE;
}

int cli_parse(cli_args *args, int argc, char **argv, int *status) {
  int option;
  *status = 0;
  while (*status == 0 &&
         (option = getopt_long(argc, argv, "f:s:b:tvh", long_options, NULL)) != -1) {
    if (option == 'h') {
      fputs(usage, stdout);
      return 1;
    }
    if (option == OPT_VERSION) {
      printf("mailroute %s\n", mr_version());
      return 1;
    }
    *status = option == '?' ? EX_USAGE : take(args, option, optarg);
  }
  if (*status == 0 && optind >= argc) {
    fputs(usage, stderr);
    *status = EX_USAGE;
    return 1;
  }
  if (*status == 0) {
    args->command = argv[optind];
    for (int i = optind + 1; i < argc && *status == 0; i++) {
      *status = add(&args->addresses, argv[i]);
    }
  }
  *status = *status ? *status : check(args);
  if (*status == EX_USAGE) {
    fputs("try: mailroute --help\n", stderr);
  }
  return *status;
}
