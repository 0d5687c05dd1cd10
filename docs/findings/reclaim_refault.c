// SPDX-License-Identifier: MIT
/*
 * The race of the scenario reclaim+refault, on a real kernel.
 *
 *     cc -O2 -pthread -o reclaim_refault docs/findings/reclaim_refault.c
 *     ./reclaim_refault FILE [ROUNDS]
 *
 * FILE is made anew. Two CPUs are enough; with the right to use SCHED_FIFO (root) the race is hit
 * more often. It ends with 1 if a load was outdated, else with 0: that says nothing.
 *
 * CPU 1: the loader asks which value was stored last, and then loads from the first page.
 * CPU 0: the reclaimer calls madvise(MADV_PAGEOUT) on this page and on many others, all clean.
 *        Others let it wait while pages are dropped and their flush is put off.
 * CPU 0: the storer stores to the first page as soon as the page cache does not have it, once a
 *        round, and then tells the loader.
 */
#include "mapped_file.h"

static atomic_ulong told;
static unsigned long outdated;

static void *loader(void *unused)
{
	run_as(1, SCHED_FIFO, 1);
	for (int round = 0; round < rounds; round++) {
		pthread_barrier_wait(&together);
		while (!atomic_load(&stop)) {
			uint64_t least = atomic_load(&told);

			outdated += *word(0) < least;
		}
		pthread_barrier_wait(&together);
	}
	return unused;
}

static int is_dropped(void)
{
	unsigned char cached = 1;

	return mincore((void *)mapping, PAGE, &cached) == 0 && !(cached & 1);
}

static void *storer(void *unused)
{
	run_as(0, SCHED_OTHER, 0);
	for (uint64_t round = 1; round <= (uint64_t)rounds; round++) {
		pthread_barrier_wait(&together);
		while (!atomic_load(&stop)) {
			nap(20);
			if (atomic_load(&reclaiming) && is_dropped()) {
				*word(0) = round;
				atomic_store(&told, round);
				for (volatile int i = 0; i < 300000; i++)
					;
				break;
			}
		}
		pthread_barrier_wait(&together);
	}
	return unused;
}

int main(int count, char **words)
{
	pthread_t threads[4];
	int hit = 0;

	if (!read_words(count, words))
		return 2;
	pthread_create(&threads[0], NULL, loader, NULL);
	pthread_create(&threads[1], NULL, storer, NULL);
	pthread_create(&threads[2], NULL, other, NULL);
	pthread_create(&threads[3], NULL, other, NULL);
	for (int round = 0; round < rounds; round++) {
		unsigned long before = outdated;

		if (fsync(file))
			fail("fsync");
		load_from(0);
		pthread_barrier_wait(&together);
		nap(100);
		reclaim();
		pthread_barrier_wait(&together);
		hit += outdated > before;
	}
	atomic_store(&over, 1);
	for (int thread = 0; thread < 4; thread++)
		pthread_join(threads[thread], NULL);
	printf("Linux %s: %d of %d rounds had outdated loads, %lu of them\n", kernel_release(), hit,
	       rounds, outdated);
	return hit > 0;
}
