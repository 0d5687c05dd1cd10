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
 * CPU 1: the flusher, which the storer makes way for, calls fdatasync().
 * CPU 0: the reclaimer calls madvise(MADV_PAGEOUT) on these pages and on many clean ones. Others
 *        let it wait while pages are unmapped and their flush is put off.
 *
 * Then all stop, the file is written by fsync(), and what the disk has is compared with what the
 * mapping shows. Both must be the last store.
 */
#include "mapped_file.h"

enum { STORED = 16 };

static atomic_int ready;

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

static void reclaim_while_they_store(void)
{
	load_from(STORED);
	atomic_store(&ready, 0);
	pthread_barrier_wait(&together);
	while (!atomic_load(&ready))
		nap(20);
	reclaim();
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
	void *seen;
	int disk, hit = 0, pages = 0;

	if (!read_words(count, words))
		return 2;
	disk = open(words[1], O_RDONLY | O_DIRECT);
	if (disk < 0 || posix_memalign(&seen, PAGE, STORED * PAGE))
		fail("O_DIRECT");
	pthread_create(&threads[0], NULL, storer, NULL);
	pthread_create(&threads[1], NULL, flusher, NULL);
	pthread_create(&threads[2], NULL, other, NULL);
	pthread_create(&threads[3], NULL, other, NULL);
	for (int round = 0; round < rounds; round++) {
		int lost;

		reclaim_while_they_store();
		lost = count_lost(disk, seen);
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
	printf("Linux %s: %d of %d rounds lost stores, to %d pages\n", kernel_release(), hit,
	       rounds, pages);
	return hit > 0;
}
