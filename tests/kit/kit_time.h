/* SPDX-License-Identifier: MIT */
/* A virtual monotonic clock with scheduled calls; equal times run in order of scheduling.
 */
#ifndef KIT_TIME_H
#define KIT_TIME_H

#include <stddef.h>
#include <stdint.h>

typedef struct kit_time kit_time;
typedef void kit_time_fn(void *user, uint64_t now);

kit_time *kit_time_new(uint64_t start);
void kit_time_free(kit_time *time); /* what is scheduled is forgotten */
uint64_t kit_time_now(const kit_time *time);
/* A moment in the past counts as now. Returns an id, never 0. */
uint64_t kit_time_at(kit_time *time, uint64_t when, kit_time_fn *fn, void *user);
uint64_t kit_time_after(kit_time *time, uint64_t delay, kit_time_fn *fn, void *user);
int kit_time_cancel(kit_time *time, uint64_t id); /* 1 = it was still scheduled */
size_t kit_time_count(const kit_time *time);
uint64_t kit_time_next(const kit_time *time); /* UINT64_MAX = nothing scheduled */
int kit_time_step(
    kit_time *time); /* jumps to the next call and makes it; 0 = none left */
void kit_time_run_until(kit_time *time, uint64_t when); /* all due, then now = when */
/* At most `steps` calls; returns how many were made: equal to steps = probably a spin. */
size_t kit_time_run(kit_time *time, size_t steps);

#endif
