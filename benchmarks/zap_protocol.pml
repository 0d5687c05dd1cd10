/* SPDX-License-Identifier: MIT */
/*
 * zap_protocol.py for SPIN: each numbered step is one d_step. No `goto` leaves a d_step, for SPIN
 * would go on atomically at its target; and none leads to one, which SPIN refuses: there, the step
 * stands in an `if`.
 *
 *   -DNR_PAGES=  -DNR_CPUS=  -DNR_ROUNDS=  -DVARIANT=  -DMAPCHECK=
 */
#define NONE 0
#define READ_ONLY 1
#define CLEAN 2
#define DIRTY 3
#define LAST_PAGE (NR_PAGES - 1)
#define LAST_CPU (NR_CPUS - 1)
#define TLB(c, n) tlb[(c) * NR_PAGES + (n)]

bit present[NR_PAGES] = 1, writable[NR_PAGES] = 1, entry_dirty[NR_PAGES] = 1;
bit page_lock[NR_PAGES], page_dirty[NR_PAGES] = 1, mapped[NR_PAGES] = 1;
bit referenced[NR_PAGES] = 1, unsaved[NR_PAGES] = 1;
bit table_lock;
bit from_unmapper[NR_CPUS], from_writeback[NR_CPUS];
byte tlb[NR_CPUS * NR_PAGES];
byte running = NR_CPUS + 2;

#if NR_CPUS == 1
#define NONE_LEFT(sent) (!sent[0])
#elif NR_CPUS == 2
#define NONE_LEFT(sent) (!sent[0] && !sent[1])
#else
#define NONE_LEFT(sent) (!sent[0] && !sent[1] && !sent[2])
#endif

#define STEP(action) if :: d_step { action } fi
#define LOCK(word) STEP(!word -> word = 1)
#define FOR_ALL_PAGES(n, action) \
	n = 0; do :: n < NR_PAGES -> action; n++ :: else -> break od; n = 0

inline finish(n) {
	running--;
	if
	:: running == 0 -> FOR_ALL_PAGES(n, assert(!unsaved[n] || page_dirty[n]))
	:: else
	fi
}

active proctype unmapper() {
	byte nr, cpu;
	bit was_dirty, force_flush, flushed;
	LOCK(table_lock);
next_entry:
	STEP(was_dirty = entry_dirty[nr]; present[nr] = 0; writable[nr] = 0; entry_dirty[nr] = 0);
	d_step { if :: was_dirty -> page_dirty[nr] = 1; force_flush = 1 :: else fi };
#if VARIANT < 2
#define GATHER mapped[nr] = 0; was_dirty = 0
#else
#define GATHER was_dirty = 0
#endif
	if
	:: d_step { nr < LAST_PAGE -> GATHER; nr++ } -> goto next_entry
	:: d_step { nr == LAST_PAGE && (VARIANT == 0 || !force_flush) -> GATHER; nr = 0 } -> goto unlink
	:: d_step { nr == LAST_PAGE && VARIANT > 0 && force_flush -> GATHER; nr = 0 }
	fi;
early:	if
	:: d_step { cpu < LAST_CPU -> from_unmapper[cpu] = 1; cpu++ } -> goto early
	:: d_step { cpu == LAST_CPU -> from_unmapper[cpu] = 1; cpu = 0 }
	fi;
	d_step { NONE_LEFT(from_unmapper) -> flushed = 1 };
unlink:
#if VARIANT == 2
	STEP(FOR_ALL_PAGES(nr, mapped[nr] = 0));
#endif
	if
	:: d_step { flushed -> table_lock = 0; force_flush = 0; flushed = 0 } -> goto drop
	:: d_step { !flushed -> table_lock = 0; force_flush = 0 }
	fi;
late:	if
	:: d_step { cpu < LAST_CPU -> from_unmapper[cpu] = 1; cpu++ } -> goto late
	:: d_step { cpu == LAST_CPU -> from_unmapper[cpu] = 1; cpu = 0 }
	fi;
	NONE_LEFT(from_unmapper);
drop:	if
	:: d_step { nr < LAST_PAGE -> referenced[nr] = 0; nr++ } -> goto drop
	:: d_step { nr == LAST_PAGE -> referenced[nr] = 0; nr = 0; finish(nr) }
	fi;
end:	false
}

active proctype writeback() {
	byte nr, cpu, round;
	bit found;
begin:	LOCK(page_lock[nr]);
#if MAPCHECK
	if
	:: !mapped[nr] -> goto clean
	:: mapped[nr]
	fi;
#endif
	LOCK(table_lock);
	if
	:: d_step { present[nr] && (writable[nr] || entry_dirty[nr]) ->
		writable[nr] = 0; entry_dirty[nr] = 0; found = 1 }
	:: !(present[nr] && (writable[nr] || entry_dirty[nr])) -> goto unlock
	fi;
send:	if
	:: d_step { cpu < LAST_CPU -> from_writeback[cpu] = 1; cpu++ } -> goto send
	:: d_step { cpu == LAST_CPU -> from_writeback[cpu] = 1; cpu = 0 }
	fi;
	NONE_LEFT(from_writeback);
unlock:	table_lock = 0;
clean:	if
	:: d_step { found || page_dirty[nr] -> page_dirty[nr] = 0; found = 0 }
	:: !(found || page_dirty[nr]) -> goto leave
	fi;
	unsaved[nr] = 0;
leave:	if
	:: d_step { nr < LAST_PAGE -> page_lock[nr] = 0; nr++ } -> goto begin
	:: d_step { nr == LAST_PAGE && round < NR_ROUNDS - 1 ->
		page_lock[nr] = 0; nr = 0; round++ } -> goto begin
	:: d_step { nr == LAST_PAGE && round == NR_ROUNDS - 1 ->
		page_lock[nr] = 0; nr = 0; finish(nr) }
	fi;
end:	false
}

#define ACCESS(n) \
	:: d_step { TLB(cpu, n) == NONE && present[n] -> \
		TLB(cpu, n) = (writable[n] -> (entry_dirty[n] -> DIRTY : CLEAN) : READ_ONLY) } -> goto ready \
	:: d_step { TLB(cpu, n) == NONE && !present[n] -> finish(nr) } -> goto end \
	:: d_step { TLB(cpu, n) == READ_ONLY -> TLB(cpu, n) = NONE; nr = n } -> goto fault \
	:: d_step { TLB(cpu, n) == CLEAN -> \
		if \
		:: present[n] && writable[n] -> entry_dirty[n] = 1; TLB(cpu, n) = DIRTY \
		:: else -> TLB(cpu, n) = NONE \
		fi } -> goto ready \
	:: d_step { TLB(cpu, n) == DIRTY -> assert(referenced[n]); unsaved[n] = 1 } -> goto ready

active [NR_CPUS] proctype user_thread() {
	byte nr;
	bit made_writable;
#define cpu (_pid - 2)
ready:	if
	ACCESS(0)
#if NR_PAGES > 1
	ACCESS(1)
#endif
#if NR_PAGES > 2
	ACCESS(2)
#endif
	fi;
fault:	LOCK(page_lock[nr]);
	LOCK(table_lock);
	d_step {
		if
		:: present[nr] -> writable[nr] = 1; entry_dirty[nr] = 1; made_writable = 1
		:: else
		fi
	};
	if
	:: d_step { made_writable -> table_lock = 0; made_writable = 0 }
	:: d_step { !made_writable -> table_lock = 0 } -> goto give_up
	fi;
	page_dirty[nr] = 1;
give_up:
	STEP(page_lock[nr] = 0; nr = 0);
	goto ready;
end:	false
#undef cpu
}

active [NR_CPUS] proctype interrupts() {
	byte nr;
#define cpu (_pid - 2 - NR_CPUS)
end:	do
	:: d_step { from_unmapper[cpu] -> FOR_ALL_PAGES(nr, TLB(cpu, nr) = NONE); from_unmapper[cpu] = 0 }
	:: d_step { from_writeback[cpu] -> FOR_ALL_PAGES(nr, TLB(cpu, nr) = NONE); from_writeback[cpu] = 0 }
	od
#undef cpu
}
