/* SPDX-License-Identifier: GPL-2.0-only */
/* One eBPF object as bytes, kc_bpf_NAME to kc_bpf_NAME_end, so that kmemtool is one file. */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define START PASTE(kc_bpf_, BPF_NAME)
#define END PASTE(START, _end)

	.section .rodata
	.balign 8
	.globl START, END
START:
	.incbin BPF_OBJECT
END:
	.section .note.GNU-stack, "", @progbits
