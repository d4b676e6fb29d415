package io.understudy.vmx.decode;

/** Opcode forms of the one-byte map; syntax in {@link OpcodeTable}. */
final class OneByteRows {
    private OneByteRows() {}

    static final String ROWS =
            """
            00            | ADD          | Eb,Gb     | lock
            01            | ADD          | Ev,Gv     | lock
            02            | ADD          | Gb,Eb
            03            | ADD          | Gv,Ev
            04            | ADD          | AL,Ib
            05            | ADD          | rAX,Iz
            08            | OR           | Eb,Gb     | lock
            09            | OR           | Ev,Gv     | lock
            0A            | OR           | Gb,Eb
            0B            | OR           | Gv,Ev
            0C            | OR           | AL,Ib
            0D            | OR           | rAX,Iz
            10            | ADC          | Eb,Gb     | lock
            11            | ADC          | Ev,Gv     | lock
            12            | ADC          | Gb,Eb
            13            | ADC          | Gv,Ev
            14            | ADC          | AL,Ib
            15            | ADC          | rAX,Iz
            18            | SBB          | Eb,Gb     | lock
            19            | SBB          | Ev,Gv     | lock
            1A            | SBB          | Gb,Eb
            1B            | SBB          | Gv,Ev
            1C            | SBB          | AL,Ib
            1D            | SBB          | rAX,Iz
            20            | AND          | Eb,Gb     | lock
            21            | AND          | Ev,Gv     | lock
            22            | AND          | Gb,Eb
            23            | AND          | Gv,Ev
            24            | AND          | AL,Ib
            25            | AND          | rAX,Iz
            28            | SUB          | Eb,Gb     | lock
            29            | SUB          | Ev,Gv     | lock
            2A            | SUB          | Gb,Eb
            2B            | SUB          | Gv,Ev
            2C            | SUB          | AL,Ib
            2D            | SUB          | rAX,Iz
            30            | XOR          | Eb,Gb     | lock
            31            | XOR          | Ev,Gv     | lock
            32            | XOR          | Gb,Eb
            33            | XOR          | Gv,Ev
            34            | XOR          | AL,Ib
            35            | XOR          | rAX,Iz
            38            | CMP          | Eb,Gb
            39            | CMP          | Ev,Gv
            3A            | CMP          | Gb,Eb
            3B            | CMP          | Gv,Ev
            3C            | CMP          | AL,Ib
            3D            | CMP          | rAX,Iz
            06            | PUSH_SEG     | ES        | i64
            07            | POP_SEG      | ES        | i64
            0E            | PUSH_SEG     | CS        | i64
            16            | PUSH_SEG     | SS        | i64
            17            | POP_SEG      | SS        | i64
            1E            | PUSH_SEG     | DS        | i64
            1F            | POP_SEG      | DS        | i64
            27            | DAA          |           | i64
            2F            | DAS          |           | i64
            37            | AAA          |           | i64
            3F            | AAS          |           | i64
            40+r          | INC          | Zv        | i64
            48+r          | DEC          | Zv        | i64
            50+r          | PUSH         | Zv        | d64
            58+r          | POP          | Zv        | d64
            60            | PUSHA        |           | i64
            61            | POPA         |           | i64
            62            | BOUND        | Gv,Mv     | i64
            63            | MOVSX        | Gv,Ez     | o64
            63            | ARPL         | Ew,Gw     | i64
            68            | PUSH         | Iz        | d64
            69            | IMUL         | Gv,Ev,Iz
            6A            | PUSH         | sIb       | d64
            6B            | IMUL         | Gv,Ev,sIb
            6C            | INS          | Yb,DX     | rep
            6D            | INS          | Yz,DX     | rep
            6E            | OUTS         | DX,Xb     | rep
            6F            | OUTS         | DX,Xz     | rep
            70+cc         | JCC          | Jb        | f64
            80 /0         | ADD          | Eb,Ib     | lock
            80 /1         | OR           | Eb,Ib     | lock
            80 /2         | ADC          | Eb,Ib     | lock
            80 /3         | SBB          | Eb,Ib     | lock
            80 /4         | AND          | Eb,Ib     | lock
            80 /5         | SUB          | Eb,Ib     | lock
            80 /6         | XOR          | Eb,Ib     | lock
            80 /7         | CMP          | Eb,Ib
            81 /0         | ADD          | Ev,Iz     | lock
            81 /1         | OR           | Ev,Iz     | lock
            81 /2         | ADC          | Ev,Iz     | lock
            81 /3         | SBB          | Ev,Iz     | lock
            81 /4         | AND          | Ev,Iz     | lock
            81 /5         | SUB          | Ev,Iz     | lock
            81 /6         | XOR          | Ev,Iz     | lock
            81 /7         | CMP          | Ev,Iz
            82 /0         | ADD          | Eb,Ib     | lock i64
            82 /1         | OR           | Eb,Ib     | lock i64
            82 /2         | ADC          | Eb,Ib     | lock i64
            82 /3         | SBB          | Eb,Ib     | lock i64
            82 /4         | AND          | Eb,Ib     | lock i64
            82 /5         | SUB          | Eb,Ib     | lock i64
            82 /6         | XOR          | Eb,Ib     | lock i64
            82 /7         | CMP          | Eb,Ib     | i64
            83 /0         | ADD          | Ev,sIb    | lock
            83 /1         | OR           | Ev,sIb    | lock
            83 /2         | ADC          | Ev,sIb    | lock
            83 /3         | SBB          | Ev,sIb    | lock
            83 /4         | AND          | Ev,sIb    | lock
            83 /5         | SUB          | Ev,sIb    | lock
            83 /6         | XOR          | Ev,sIb    | lock
            83 /7         | CMP          | Ev,sIb
            84            | TEST         | Eb,Gb
            85            | TEST         | Ev,Gv
            86            | XCHG         | Eb,Gb     | lock
            87            | XCHG         | Ev,Gv     | lock
            88            | MOV          | Eb,Gb
            89            | MOV          | Ev,Gv
            8A            | MOV          | Gb,Eb
            8B            | MOV          | Gv,Ev
            8C            | MOV_FROM_SEG | Rv/Mw,Sw
            8D            | LEA          | Gv,M
            8E            | MOV_TO_SEG   | Sw,Ew
            8F /0         | POP          | Ev        | d64
            F3 90 noREX.B | PAUSE
            90 noREX.B    | NOP
            90+r          | XCHG         | Zv,rAX
            98            | CBW
            99            | CWD
            9A            | CALL_FAR     | Ap        | i64
            9B            | FWAIT
            9C            | PUSHF        |           | d64
            9D            | POPF         |           | d64
            9E            | SAHF
            9F            | LAHF
            A0            | MOV          | AL,Ob
            A1            | MOV          | rAX,Ov
            A2            | MOV          | Ob,AL
            A3            | MOV          | Ov,rAX
            A4            | MOVS         | Yb,Xb     | rep
            A5            | MOVS         | Yv,Xv     | rep
            A6            | CMPS         | Xb,Yb     | repe
            A7            | CMPS         | Xv,Yv     | repe
            A8            | TEST         | AL,Ib
            A9            | TEST         | rAX,Iz
            AA            | STOS         | Yb        | rep
            AB            | STOS         | Yv        | rep
            AC            | LODS         | Xb        | rep
            AD            | LODS         | Xv        | rep
            AE            | SCAS         | Yb        | repe
            AF            | SCAS         | Yv        | repe
            B0+r          | MOV          | Zb,Ib
            B8+r          | MOV          | Zv,Iv
            C0 /0         | ROL          | Eb,Ib
            C0 /1         | ROR          | Eb,Ib
            C0 /2         | RCL          | Eb,Ib
            C0 /3         | RCR          | Eb,Ib
            C0 /4         | SHL          | Eb,Ib
            C0 /5         | SHR          | Eb,Ib
            C0 /6         | SHL          | Eb,Ib
            C0 /7         | SAR          | Eb,Ib
            C1 /0         | ROL          | Ev,Ib
            C1 /1         | ROR          | Ev,Ib
            C1 /2         | RCL          | Ev,Ib
            C1 /3         | RCR          | Ev,Ib
            C1 /4         | SHL          | Ev,Ib
            C1 /5         | SHR          | Ev,Ib
            C1 /6         | SHL          | Ev,Ib
            C1 /7         | SAR          | Ev,Ib
            D0 /0         | ROL          | Eb,1
            D0 /1         | ROR          | Eb,1
            D0 /2         | RCL          | Eb,1
            D0 /3         | RCR          | Eb,1
            D0 /4         | SHL          | Eb,1
            D0 /5         | SHR          | Eb,1
            D0 /6         | SHL          | Eb,1
            D0 /7         | SAR          | Eb,1
            D1 /0         | ROL          | Ev,1
            D1 /1         | ROR          | Ev,1
            D1 /2         | RCL          | Ev,1
            D1 /3         | RCR          | Ev,1
            D1 /4         | SHL          | Ev,1
            D1 /5         | SHR          | Ev,1
            D1 /6         | SHL          | Ev,1
            D1 /7         | SAR          | Ev,1
            D2 /0         | ROL          | Eb,CL
            D2 /1         | ROR          | Eb,CL
            D2 /2         | RCL          | Eb,CL
            D2 /3         | RCR          | Eb,CL
            D2 /4         | SHL          | Eb,CL
            D2 /5         | SHR          | Eb,CL
            D2 /6         | SHL          | Eb,CL
            D2 /7         | SAR          | Eb,CL
            D3 /0         | ROL          | Ev,CL
            D3 /1         | ROR          | Ev,CL
            D3 /2         | RCL          | Ev,CL
            D3 /3         | RCR          | Ev,CL
            D3 /4         | SHL          | Ev,CL
            D3 /5         | SHR          | Ev,CL
            D3 /6         | SHL          | Ev,CL
            D3 /7         | SAR          | Ev,CL
            C2            | RET          | Iw        | f64
            C3            | RET          |           | f64
            C4            | LES          | Gv,Mp     | i64
            C5            | LDS          | Gv,Mp     | i64
            C6 /0         | MOV          | Eb,Ib
            C7 /0         | MOV          | Ev,Iz
            C8            | ENTER        | Iw,Ib     | d64
            C9            | LEAVE        |           | d64
            CA            | RET_FAR      | Iw
            CB            | RET_FAR
            CC            | INT3
            CD            | INT          | Ib
            CE            | INTO         |           | i64
            CF            | IRET
            D4            | AAM          | Ib        | i64
            D5            | AAD          | Ib        | i64
            D6            | SALC         |           | i64
            D7            | XLAT         | Xb
            E0            | LOOPNE       | Jb        | f64
            E1            | LOOPE        | Jb        | f64
            E2            | LOOP         | Jb        | f64
            E3            | JRCXZ        | Jb        | f64
            E4            | IN           | AL,Ib
            E5            | IN           | eAX,Ib
            E6            | OUT          | Ib,AL
            E7            | OUT          | Ib,eAX
            E8            | CALL         | Jz        | f64
            E9            | JMP          | Jz        | f64
            EA            | JMP_FAR      | Ap        | i64
            EB            | JMP          | Jb        | f64
            EC            | IN           | AL,DX
            ED            | IN           | eAX,DX
            EE            | OUT          | DX,AL
            EF            | OUT          | DX,eAX
            F1            | INT1
            F4            | HLT
            F5            | CMC
            F6 /0         | TEST         | Eb,Ib
            F6 /1         | TEST         | Eb,Ib
            F6 /2         | NOT          | Eb        | lock
            F6 /3         | NEG          | Eb        | lock
            F6 /4         | MUL          | Eb
            F6 /5         | IMUL         | Eb
            F6 /6         | DIV          | Eb
            F6 /7         | IDIV         | Eb
            F7 /0         | TEST         | Ev,Iz
            F7 /1         | TEST         | Ev,Iz
            F7 /2         | NOT          | Ev        | lock
            F7 /3         | NEG          | Ev        | lock
            F7 /4         | MUL          | Ev
            F7 /5         | IMUL         | Ev
            F7 /6         | DIV          | Ev
            F7 /7         | IDIV         | Ev
            F8            | CLC
            F9            | STC
            FA            | CLI
            FB            | STI
            FC            | CLD
            FD            | STD
            FE /0         | INC          | Eb        | lock
            FE /1         | DEC          | Eb        | lock
            FF /0         | INC          | Ev        | lock
            FF /1         | DEC          | Ev        | lock
            FF /2         | CALL         | Ev        | f64
            FF /3         | CALL_FAR     | Mp
            FF /4         | JMP          | Ev        | f64
            FF /5         | JMP_FAR      | Mp
            FF /6         | PUSH         | Ev        | d64
            """;
}
