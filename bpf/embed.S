/* SPDX-License-Identifier: GPL-2.0-only */
/* The eBPF object as bytes, so that kmemtool is one file. */
	.section .rodata
	.balign 8
	.globl kc_bpf_object, kc_bpf_object_end
kc_bpf_object:
	.incbin BPF_OBJECT
kc_bpf_object_end:
	.section .note.GNU-stack, "", @progbits
