/* SPDX-License-Identifier: MIT */
/* What the programs here share: a mapped file, its pages, and threads with a CPU and a priority. */
#define _GNU_SOURCE
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

enum { PAGE = 4096, PAGES = 512, SIZE = PAGES * PAGE };

static int file;
static volatile char *mapping;
static int rounds = 2000;
static pthread_barrier_t together;
static atomic_int reclaiming, stop, over;

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

/* Without the right to a policy, the thread keeps the one that it has. */
static void run_as(int cpu, int policy, int priority)
{
	struct sched_param how = { .sched_priority = priority };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof cpus, &cpus))
		fail("two CPUs are needed");
	sched_setscheduler(0, policy, &how);
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

/* Let the reclaimer wait: it runs on CPU 0, too, with the lowest priority. */
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

static void load_from(int first)
{
	uint64_t sum = 0;

	for (int page = first; page < PAGES; page++)
		sum += *word(page);
	atomic_store(&stop, sum == UINT64_MAX);
}

/* Unmap and drop what is clean, at the lowest priority; then tell all to stop. */
static void reclaim(void)
{
	run_as(0, SCHED_IDLE, 0);
	atomic_store(&reclaiming, 1);
	if (madvise((void *)mapping, SIZE, MADV_PAGEOUT))
		fail("MADV_PAGEOUT");
	atomic_store(&stop, 1);
	run_as(0, SCHED_OTHER, 0);
	atomic_store(&reclaiming, 0);
}

static int read_words(int count, char **words)
{
	if (count == 3)
		rounds = atoi(words[2]);
	if (count < 2 || count > 3 || rounds < 1) {
		fprintf(stderr, "usage: %s FILE [ROUNDS]\n", words[0]);
		return 0;
	}
	map_file(words[1]);
	pthread_barrier_init(&together, NULL, 3);
	return 1;
}

static const char *kernel_release(void)
{
	static struct utsname kernel;

	uname(&kernel);
	return kernel.release;
}
