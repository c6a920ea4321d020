/* SPDX-License-Identifier: MIT */
/*
 * A delivery in memory: claimed (or looked up for a cancel), attempted, then brought to
 * its commit. Everything that its outcomes need is allocated before it is handed out.
 */
#ifndef MR_QUEUE_DELIVERY_H
#define MR_QUEUE_DELIVERY_H

#include "queue/batch.h"
#include "queue/core.h"
#include "queue/record.h"
#include "text/event.h"

enum mr__phase {
  MR__PHASE_HAND = 1, /* the host attempts it */
  MR__PHASE_HEADER,   /* a bounce: reading the original's header */
  MR__PHASE_BEGIN,    /* a bounce: its message is begun */
  MR__PHASE_WRITE,    /* a bounce: its body is written */
  MR__PHASE_COMMIT,   /* results are on their way into the store */
  MR__PHASE_VERIFY,   /* the commit's result is unknown: is it in? */
  MR__PHASE_ENDED,    /* it is in: has the message ended with it? */
  MR__PHASE_LANE,     /* giving back: the new lane first */
  MR__PHASE_RELEASE,  /* giving back */
  MR__PHASE_LOST,     /* no longer ours; the host still has it */
  MR__PHASE_GONE      /* over; its events may still be under way */
};

/* What a commit is for. */
enum mr__purpose {
  MR__PURPOSE_RESULTS = 0, /* of an attempt */
  MR__PURPOSE_HOLD = 1,    /* the record is damaged: put it aside as it is */
  MR__PURPOSE_CANCEL = 2   /* nobody leases it: remove it */
};

typedef struct mr__delivery mr__delivery;
struct mr__cancel;
struct mr__bounce_job;
struct mr__note;

typedef struct mr__rcpt {
  mr__delivery *delivery;
  const char *address, *given;
  uint64_t index;
  int state;     /* #mr__rcpt_state: as it was claimed, then as it will be kept */
  int was;       /* state at the claim */
  int keep;      /* 1: stays in the record */
  int failed;    /* 1: a bounce is due for it */
  int told;      /* 1: an outcome follows the commit */
  int uncertain; /* something in this attempt was */
  mr__outcome_store last; /* the last word, then what is told */
  mr__outcome_store best; /* what a bounce quotes (R97) */
  struct mr__note *note;  /* durable outcomes: its place among the unacknowledged */
  uint64_t note_id;       /* once that is committed */
  mr__event_node event;
} mr__rcpt;

struct mr__delivery {
  mr__link by_id, by_message;
  mr__task task;
  mr__op op;
  mr__timer lease_timer, retry_timer;
  mr_queue *queue;
  int phase, purpose;
  uint64_t part, lease_token;
  uint64_t asked_at;    /* `now` to which view.age belongs */
  uint64_t lease_until; /* by our clock */
  char *lane, *new_lane;
  char *data; /* the record as it was read; strings point into it */
  size_t data_len;
  mr__record_head head;
  mr__rcpt *rcpts;
  size_t rcpt_count;
  const char **addresses; /* of the pending ones, for the view */
  mr__rcpt **pending;
  mr_delivery view;
  int renew, waiting;
  uint64_t renew_at; /* `now` of the renewal under way */
  uint64_t need;     /* lease that the host asked for, 0 = none */
  uint64_t backoff;
  uint64_t delay; /* until the next attempt, or of a release */
  int cancelled;
  uint64_t nonce; /* of the commit */
  mr__batch batch;
  int tries, unknown, refused; /* commit: tries, a result unknown, LEASE_LOST answered */
  int message_done;
  mr_record_filter filter; /* of the operation under way */
  struct mr__bounce_job *bounce;
  uint64_t bounce_id;        /* message id of the bounce that the commit took in */
  struct mr__cancel *cancel; /* the one it was looked up for */
  int pins;                  /* events not yet let go */
  mr_outcome damaged;        /* what is told of a record that nobody can read */
  mr__event_node event, lost_event, ready_event, bounce_event, damaged_event, done_event;
};

/* delivery.c */
mr__delivery *mr__delivery_claimed(mr_queue *q, const mr_record *record,
                                   uint64_t asked_at); /* NULL = no memory */
mr__delivery *mr__delivery_looked_up(mr_queue *q, const mr_record *record,
                                     struct mr__cancel *cancel);
void mr__delivery_init_events(mr__delivery *d); /* delivery_event.c */
/* Starts what a fresh claim needs; 1 = the host got it. */
int mr__delivery_hand_out(mr__delivery *d);
mr__delivery *mr__delivery_find(mr_queue *q, uint64_t id); /* in hand or lost; or NULL */
mr__delivery *mr__delivery_of(mr_queue *q, uint64_t message, uint64_t part); /* in hand */
void mr__delivery_phase(mr__delivery *d, int phase); /* LOST and GONE: not in hand */
void mr__delivery_post(mr__delivery *d, mr__events *list, mr__event_node *node);
void mr__delivery_unpin(mr__delivery *d);
void mr__delivery_gone(mr__delivery *d); /* freed now or with its last event */
void mr__delivery_wake(mr__delivery *d);
void mr__delivery_back_off(mr__delivery *d);
uint64_t mr__delivery_age(const mr__delivery *d);

/* lease.c */
void mr__lease_start(mr__delivery *d, uint64_t left);
void mr__lease_renew(mr__delivery *d); /* one operation */
void mr__lease_lost(mr__delivery *d);
int mr__lease_over(const mr__delivery *d);

/* attempt.c */
void mr__delivery_finish(mr__delivery *d);
void mr__delivery_remove(mr__delivery *d); /* looked up for a cancel */
/* What we say ourselves about a recipient, instead of a server. */
void mr__rcpt_say(mr__rcpt *r, int fate, int reason);

/* settle.c */
void mr__settle_start(mr__delivery *d); /* decided: bounce or commit */
void mr__settle_commit(mr__delivery *d);
void mr__settle_verify(mr__delivery *d);
void mr__settle_ended(mr__delivery *d);
/* The record was seen while a commit's result was unknown: 1 = it is in, and settled. */
int mr__settle_found(mr__delivery *d, const mr_record *record);

/* commit.c */
int mr__commit_build(mr__delivery *d); /* fills batch; MR_ERR_NOMEM, MR_ERR_LIMIT */

/* release.c */
void mr__release_start(mr__delivery *d, uint64_t delay);
void mr__release_lane(mr__delivery *d);
void mr__release_step(mr__delivery *d);

/* bounce.c */
int mr__bounce_due(const mr__delivery *d);
int mr__bounce_start(mr__delivery *d); /* MR_ERR_NOMEM */
void mr__bounce_header(mr__delivery *d);
void mr__bounce_begin(mr__delivery *d);
void mr__bounce_write(mr__delivery *d);
int mr__bounce_put(mr__delivery *d);   /* its steps into batch */
void mr__bounce_drop(mr__delivery *d); /* not now: its recipients stay (R102) */
void mr__bounce_free(mr__delivery *d);
uint64_t mr__bounce_id(const mr__delivery *d); /* 0 = none */

/* notes.c */
struct mr__note *mr__note_new(mr_queue *q);
void mr__note_renew(struct mr__note *note, mr_queue *q); /* another id */
uint64_t mr__note_id(const struct mr__note *note);
void mr__note_keep(struct mr__note *note, mr_queue *q, uint64_t message);
void mr__note_free(struct mr__note *note, mr_queue *q);

/* cancel.c */
void mr__cancel_done(struct mr__cancel *cancel, int blocked);

#endif
