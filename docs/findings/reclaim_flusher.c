// SPDX-License-Identifier: MIT
/*
 * The race of the scenario reclaim+flusher, on a real kernel.
 *
 *     cc -O2 -pthread -o reclaim_flusher docs/findings/reclaim_flusher.c
 *     ./reclaim_flusher FILE [ROUNDS]
 *
 * FILE is made anew, on the file system that is asked; it must allow O_DIRECT. Two CPUs are enough.
 * With the right to use SCHED_FIFO (root) the race is hit more often. It ends with 1 if a store was
 * lost, else with 0: that it was not hit says nothing.
 *
 * CPU 1: the storer stores to some pages of a shared mapping, again and again.
 * CPU 1: the flusher, which it yields to, calls fdatasync().
 * CPU 0: the reclaimer calls madvise(MADV_PAGEOUT) on these pages and on many clean ones, at the
 *        lowest priority: others let it wait while pages are unmapped and their flush is put off.
 * CPU 0: others, who wake up often.
 *
 * Then all stop, the file is written by fsync(), and what the disk has is compared with what the
 * mapping shows. Both must be the last store.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { PAGE = 4096, PAGES = 512, STORED = 16, SIZE = PAGES * PAGE };

static int file;
static volatile char *mapping;
static int rounds = 2000;
static pthread_barrier_t together;
static atomic_int ready, reclaiming, stop, over;

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static void run_as(int cpu, int policy, int priority)
{
	struct sched_param how = { .sched_priority = priority };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof cpus, &cpus))
		fail("two CPUs are needed");
	sched_setscheduler(0, policy, &how); /* without the right to it, as it is */
}

static void nap(long us)
{
	struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
}

static volatile uint64_t *word(int page)
{
	return (volatile uint64_t *)(mapping + (size_t)page * PAGE);
}

static void *storer(void *unused)
{
	uint64_t value = 0;

	run_as(1, SCHED_FIFO, 1);
	for (int round = 0; round < rounds; round++) {
		pthread_barrier_wait(&together);
		do {
			value++;
			for (int page = 0; page < STORED; page++)
				*word(page) = value;
			atomic_store(&ready, 1);
			for (volatile int i = 0; i < 200; i++)
				;
		} while (!atomic_load(&stop));
		pthread_barrier_wait(&together);
		pthread_barrier_wait(&together);
	}
	return unused;
}

static void *flusher(void *unused)
{
	run_as(1, SCHED_FIFO, 2);
	for (int round = 0; round < rounds; round++) {
		pthread_barrier_wait(&together);
		while (!atomic_load(&reclaiming) && !atomic_load(&stop))
			nap(50);
		while (!atomic_load(&stop)) {
			fdatasync(file);
			nap(100);
		}
		pthread_barrier_wait(&together);
		pthread_barrier_wait(&together);
	}
	return unused;
}

static void *other(void *unused)
{
	run_as(0, SCHED_OTHER, 0);
	while (!atomic_load(&over)) {
		nap(20);
		for (volatile int i = 0; i < 100000; i++)
			;
	}
	return unused;
}

static void map_file(const char *path)
{
	char *zeros = calloc(1, SIZE);
	char *room;

	file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (file < 0 || !zeros || pwrite(file, zeros, SIZE, 0) != SIZE || fsync(file))
		fail(path);
	free(zeros);
	/* Small folios: a large one with a dirty page is dirty as a whole. */
	posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	/* One page table: reclaim takes what one has together. */
	room = mmap(NULL, 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	room += SIZE - (uintptr_t)room % SIZE;
	mapping = mmap(room, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
	if (mapping == MAP_FAILED)
		fail("mmap");
}

static void reclaim_while_they_store(void)
{
	uint64_t sum = 0;

	for (int page = STORED; page < PAGES; page++)
		sum += *word(page);
	atomic_store(&stop, sum != 0);
	atomic_store(&reclaiming, 0);
	atomic_store(&ready, 0);
	pthread_barrier_wait(&together);
	while (!atomic_load(&ready))
		nap(20);
	run_as(0, SCHED_IDLE, 0);
	atomic_store(&reclaiming, 1);
	if (madvise((void *)mapping, SIZE, MADV_PAGEOUT))
		fail("MADV_PAGEOUT");
	atomic_store(&stop, 1);
	run_as(0, SCHED_OTHER, 0);
	pthread_barrier_wait(&together);
}

static int count_lost(int disk, char *seen)
{
	int lost = 0;

	if (fsync(file) || pread(disk, seen, STORED * PAGE, 0) != STORED * PAGE)
		fail("reading back");
	for (int page = 0; page < STORED; page++) {
		uint64_t saved;

		memcpy(&saved, seen + (size_t)page * PAGE, sizeof saved);
		lost += saved != *word(page);
	}
	return lost;
}

int main(int count, char **words)
{
	pthread_t threads[4];
	struct utsname kernel;
	void *seen;
	int disk, hit = 0, pages = 0;

	if (count < 2 || count > 3 || (count == 3 && (rounds = atoi(words[2])) < 1)) {
		fprintf(stderr, "usage: %s FILE [ROUNDS]\n", words[0]);
		return 2;
	}
	map_file(words[1]);
	disk = open(words[1], O_RDONLY | O_DIRECT);
	if (disk < 0 || posix_memalign(&seen, PAGE, STORED * PAGE))
		fail("O_DIRECT");
	pthread_barrier_init(&together, NULL, 3);
	pthread_create(&threads[0], NULL, storer, NULL);
	pthread_create(&threads[1], NULL, flusher, NULL);
	pthread_create(&threads[2], NULL, other, NULL);
	pthread_create(&threads[3], NULL, other, NULL);
	for (int round = 0; round < rounds; round++) {
		reclaim_while_they_store();
		int lost = count_lost(disk, seen);
		if (lost)
			printf("round %d: %d pages are not on the disk after fsync()\n", round, lost);
		hit += lost > 0;
		pages += lost;
		fflush(stdout);
		pthread_barrier_wait(&together);
	}
	atomic_store(&over, 1);
	for (int thread = 0; thread < 4; thread++)
		pthread_join(threads[thread], NULL);
	uname(&kernel);
	printf("Linux %s: %d of %d rounds lost stores, to %d pages\n", kernel.release, hit, rounds,
	       pages);
	return hit > 0;
}
