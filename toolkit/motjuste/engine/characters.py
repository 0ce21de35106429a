"""What a character is read as. Made by tests/make_characters.py from Unicode's data (Unicode License v3).

`FIRST letters` is a run: FIRST, a code point, is read as the first letter, the next as the second, `~` is none.
"""

IGNORED = "\x01-\x08\x0e-\x1f\x7f-\u0084\u0086-\u009f\u00ad\u0483-\u0489\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
ALWAYS = r"""
aa a
b2 23
b9 1
110 Dd
13f Ll
17f sbBBb~~OCc~DDd~~~EFfG~~~IKkl~~NnOOo~~Pp
1ab tTtTUu~VYyZz
1c5 D~~L~~N~AaIiOoUuUuUuUuUu~AaAa~~GgGgKkOoOo~~j~D~Gg~~NnAa~~OoAaAaE
205 eEeIiIiOoOoRrRrUuUu
21e HhNd~~ZzAaEeOoOoOoOoYylntj~~ACcLTsz~~B~~EeJj~qRrYy~~~bocdd~~~e~~~j
260 ggg~~~h~i~illl~~~mnnno
27c rrr~r~s~j~~~t~~v~~~yzz
299 b~ghj~lq
2b0 h~jr~~~wy
2e1 lsx
37e ;
660 0123456789
6f0 0123456789
7c0 0123456789
966 0123456789
9e6 0123456789
a66 0123456789
ae6 0123456789
b66 0123456789
be6 0123456789
c66 0123456789
ce6 0123456789
d66 0123456789
de6 0123456789
e50 0123456789
ed0 0123456789
f20 0123456789
1040 0123456789
1090 0123456789
1369 123456789
17e0 0123456789
1810 0123456789
1946 0123456789
19d0 01234567891
1a80 0123456789
1a90 0123456789
1b50 0123456789
1bb0 0123456789
1c40 0123456789
1c50 0123456789
1d00 a~~bcd~e~~jklm~ooo~o~~~~p~~tuu~~vwz
1d2c A~B~DE~GHIJKLMN~O~PRTUWa~~~bde~~~g~km~o~~~ptu~~v
1d62 iruv
1d6c bdfmnprrstz
1d7d p~~bdfgklmnprs~vxza~dee~~io~u~~c~d~f
1dbb z
1e00 AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm
1e40 MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv
1e80 WwWwWwWwWwXxXxYyZzZzZzhtwyasss~~AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe
1ec0 EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy~~~~Yy
1fef `
2024 ..
2044 /
2070 0i~~456789+-=()n0123456789+-=()~aeox~hklmnpst
2102 C
210a gHHHhhIILl~N~~~PQRRR
2124 Z~~~Z~KABC~eEF~Mo~~~~i
2145 Ddeij
2160 I~~~V~~~~X~~LCDMi~~~v~~~~x~~lcdm
2260 =
226e <>
2460 123456789
2474 123456789
2488 123456789
249c abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl
24dc mnopqrstuvwxyz0
24f5 123456789~0
2776 123456789~123456789~123456789
2c60 LlLPRatHhKkZz~M~~vWwv~~~e~o~jVSZ
a620 0123456789
a730 fs
a740 KkKkKk~~LlOoOo~~PpPpPpQqQqRr~~Vv
a78e l~NnCcchBbFf
a7a0 GgKkNnRrSsH~GLiq~~J
a7b8 Uu
a7c4 CSZDdSs
a7f2 CFQ~~~h
a8d0 0123456789
a900 0123456789
a9d0 0123456789
a9f0 0123456789
aa50 0123456789
ab33 ee~glllmn~~~o
ab46 r~~r~rr~u~~~u~~~xxxxy
abf0 0123456789
fb29 +
fe10 ,~~:;!?
fe30 .--__(){}
fe47 []~~~~___,~.~;:?!-(){}~~#&*+-<>=~\$%@
ff01 !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`
ff41 abcdefghijklmnopqrstuvwxyz{|}
104a0 0123456789
10795 h
107a2 o~~q
10a40 1234
10d30 0123456789
10e60 123456789
11052 123456789
11066 0123456789
110f0 0123456789
11136 0123456789
111d0 0123456789
112f0 0123456789
11450 0123456789
114d0 0123456789
11650 0123456789
116c0 0123456789
11730 0123456789
118e0 0123456789
11950 0123456789
11c50 0123456789
11d50 0123456789
11da0 0123456789
16a60 0123456789
16ac0 0123456789
16b50 0123456789
1d400 ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzABCDEFGHIJKL
1d440 MNOPQRSTUVWXYZabcdefg~ijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX
1d480 YZabcdefghijklmnopqrstuvwxyzA~CD~~G~~JK~~NOPQ~STUVWXYZabcd~f~hij
1d4c0 klmn~pqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv
1d500 wxyzAB~DEFG~~JKLMNOPQ~STUVWXY~abcdefghijklmnopqrstuvwxyzAB~DEFG~I
1d541 JKLM~O~~~STUVWXY~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU
1d581 VWXYZabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg
1d5c1 hijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs
1d601 tuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzABCDE
1d641 FGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ
1d681 RSTUVWXYZabcdefghijklmnopqrstuvwxyzi
1d7ce 01234567890123456789012345678901234567890123456789
1df04 l~~~~t
1df11 l~l~~r~~~io~cs
1e140 0123456789
1e2f0 0123456789
1e950 0123456789
1f100 00123456789
1f110 ABCDEFGHIJKLMNOPQRSTUVWXYZ~CR~~~ABCDEFGHIJKLMNOPQRSTUVWXYZ
1f150 ABCDEFGHIJKLMNOPQRSTUVWXYZ
1f170 ABCDEFGHIJKLMNOPQRSTUVWXYZP
1f1a5 d
1f1e6 ABCDEFGHIJKLMNOPQRSTUVWXYZ
1fbf0 0123456789
"""
ALIKE = r"""
251 a
263 y
269 i
26f w
2b1 h
2e0 y
37b o~~~J
386 A~CNI~O~U~iAS~~EzNOIk~mV~O~P~~TU~x~~IUacniuasy~e~noi~~~v~o~p~otu
3ca iuou~~soyyy
3dc f
3e8 2
3f1 pcjOe~~~Cm~~O~~EE~~ESIIJ~~~k~Y~A6B~~E~3~~k~mHO~PCTY~X
42c bE~~a6br~e
43d ho~pcty~x
44d e~~ee~resiij~~h~~y~~wBb
472 OoVvVv
47d w
48c Bb
493 r~~~~3~k~~~k~~~Hh
4aa CcTtYyYyx
4bb h~e~eI
4c7 HhHh~~m~iAaAa~~Ee
4de 3~3
4e6 OoOoOo~~YyYyYy
501 d
50c Gg~~Cc
51b qWw
54d U~s
555 O
561 w~q~~q
570 h~~~~j~~n~~~nu~~~g~~fo
5d5 l~~v
5df l~o
622 ll~l~l
647 o
673 l
6be o~ooo
6d5 o
6ff o
7ca l
b20 o
d20 o
101d o
1065 1
10e7 y
10ff o
1200 u
12d0 o
13a0 DRT~~I~~~yAJE
13b3 W~~~m~~~H~yOtG~hZ
13cb CU~4b~~R~ws~~~VS~~~LC~~P~~~kd~~~O~~6~s~hGB
13fb gb
142f v
144c u
146d p~d~~bb
148d j
14aa l
14bf 2
1541 x
157c hx
1587 r
15af b~~~~f
15c5 a
15de d
15ea d
15f0 m
15f7 b
16b7 x
16c1 l
16d5 km
1d26 r~~p
1d3d 8
1d45 a
1d4b e
1d53 o
1d59 uw~~sy
1d66 syp
1d78 h~~ii~u
1d90 q
1d9d c~e~jg~iiiijlllm~nnno~s~t~~uv~~zz~o
1f00 aaaaaaaaAAAAAAAAcccccc~~CCCCCC~~nnnnnnnnNNNNNNNNiiiiiiiiIIIIIIII
1f40 oooooo~~OOOOOO~~uuuuuuuu~U~U~U~U
1f70 aaccnniioouu~~~~aaaaaaaaAAAAAAAAnnnnnnnnNNNNNNNN
1fb0 aaaaa~aaAAAAA~i~~~nnn~nnCCNNN~~~iiii~~iiIIII~~~~uuuuppuuUUUUP
1ff8 OO
2107 E
213d y
2183 Oo
2c85 r~~Cc~~~~h~~~l~k~~~m~n~~~Oo~~PpCct~y~~~x
2cca 9~3~~~Ll6
2d31 o
2d38 ve
2d41 o
2d4f l~~~~oq
2d5d x
3007 o
a4d0 bpddt~gk~jcOzf~mnlsr~~vh~~wxy~a~e~lou
a644 2~~i
a695 h
a6df v
a6ef 2
a761 w
a76a 3~~~9
a79f u
a7ab 3
a7b3 xSs
a9cf 2
ab32 e~~f
ab3d oo
ab47 rr
ab5d llu
ab70 drt~oi~~~~aje~~~~r~w
ab8b h~~o~g~~z
ab9b cu
aba2 r
aba9 vs~~~lc~~p
abbb o
fb35 l~~v
fb41 o
fb4b l
fba4 oooooooooo
fcd9 o
fd3c ll
fe81 llll~~ll~~~~ll
fee9 oooo
10282 b~~~ef~~l
10290 x~o~~pst
102a0 abc~~f
102ab o~~~~mty~x
102cf h
102f5 z
10301 bc
10309 l
10311 m~~~t~x~~8
10320 l~x
10401 C~~O
10415 C
1041b L~~~~S~~O
10429 c~~o
1043d c
10443 l~~~~s~~o
104b4 r
104c2 O
104ce U~~~7
104ea o
104f6 u
10513 n~~o~k~~~cv
10525 flx
10784 bb
1078b ddd~~~~ggg~h~j~~lll
107a8 rrr~~~~tv~y~~~l~~~s
114c5 w
11706 v~~~w~~~ww
118a0 V~FIZ~7~~z~~9~C4~~l~~6~~U~~5Y~~~vsfiz~7~o~3~9~c
118d5 69ou~~~y
118ec x~~w~~c
16f08 v~t
16f16 l
16f28 l~~~~E
16f35 r~~~~s3~~~~a~uy
1d6a5 j~~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu
1d6dc co~~p~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu
1d716 co~~p~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu
1d750 co~~p~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu
1d78a co~~p~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu
1d7c4 co~~p~f
1e8c7 l~3~8
1ee00 l
1ee24 o
1ee64 o
1ee80 l~~~o
"""
MIXED = r"""
3b4 d~z~~~klm~~~n
3c7 x~w
3dd f
3e9 2
3f0 k
3fb m
42f R
437 3uuk~m~~n
446 u~w~~~b~~r
45c k
499 3~k~~~k
4b3 x
4ce m
4df 3~3
4ec Ee
"""
SEVERAL = """
Ĳ=IJ ĳ=ij Ǆ=DZ ǆ=dz Ǉ=LJ ǉ=lj Ǌ=NJ ǌ=nj
Ǳ=DZ ǳ=dz Ⅱ=II Ⅲ=III Ⅳ=IV Ⅵ=VI Ⅶ=VII Ⅷ=VIII
Ⅸ=IX Ⅺ=XI Ⅻ=XII ⅱ=ii ⅲ=iii ⅳ=iv ⅵ=vi ⅶ=vii
ⅷ=viii ⅸ=ix ⅺ=xi ⅻ=xii ⑩=10 ⑪=11 ⑫=12 ⑬=13
⑭=14 ⑮=15 ⑯=16 ⑰=17 ⑱=18 ⑲=19 ⑳=20 ⑽=10
⑾=11 ⑿=12 ⒀=13 ⒁=14 ⒂=15 ⒃=16 ⒄=17 ⒅=18
⒆=19 ⒇=20 ⒑=10 ⒒=11 ⒓=12 ⒔=13 ⒕=14 ⒖=15
⒗=16 ⒘=17 ⒙=18 ⒚=19 ⒛=20 ㉑=21 ㉒=22 ㉓=23
㉔=24 ㉕=25 ㉖=26 ㉗=27 ㉘=28 ㉙=29 ㉚=30 ㉛=31
㉜=32 ㉝=33 ㉞=34 ㉟=35 ㊱=36 ㊲=37 ㊳=38 ㊴=39
㊵=40 ㊶=41 ㊷=42 ㊸=43 ㊹=44 ㊺=45 ㊻=46 ㊼=47
㊽=48 ㊾=49 ㊿=50 ﬀ=ff ﬁ=fi ﬂ=fl ﬃ=ffi ﬄ=ffl
ﬅ=st ﬆ=st
"""
NAMED = """
AElig=c6 AMP=26 Aacute=c1 Abreve=102 Acirc=c2 Acy=410 Afr=1d504 Agrave=c0
Alpha=391 Amacr=100 Aogon=104 Aopf=1d538 ApplyFunction=2061 Aring=c5 Ascr=1d49c Atilde=c3
Auml=c4 Bcy=411 Bernoullis=212c Beta=392 Bfr=1d505 Bopf=1d539 Bscr=212c Cacute=106
CapitalDifferentialD=2145 Cayleys=212d Ccaron=10c Ccedil=c7 Ccirc=108 Cdot=10a Cfr=212d Chi=3a7
CloseCurlyDoubleQuote=201d CloseCurlyQuote=2019 Copf=2102 Cscr=1d49e DD=2145 DScy=405 Dcaron=10e Dfr=1d507
DiacriticalAcute=b4 DiacriticalGrave=60 DifferentialD=2146 Dopf=1d53b DotDot=20dc DownBreve=311 Dscr=1d49f Dstrok=110
ETH=d0 Eacute=c9 Ecaron=11a Ecirc=ca Ecy=42d Edot=116 Efr=1d508 Egrave=c8
Emacr=112 Eogon=118 Eopf=1d53c Epsilon=395 Escr=2130 Eta=397 Euml=cb ExponentialE=2147
Ffr=1d509 Fopf=1d53d Fouriertrf=2131 Fscr=2131 GT=3e Gammad=3dc Gbreve=11e Gcedil=122
Gcirc=11c Gdot=120 Gfr=1d50a Gopf=1d53e Gscr=1d4a2 Hat=5e Hcirc=124 Hfr=210c
HilbertSpace=210b Hopf=210d Hscr=210b Hstrok=126 IEcy=415 IJlig=132 IOcy=401 Iacute=cd
Icirc=ce Idot=130 Ifr=2111 Igrave=cc Im=2111 Imacr=12a ImaginaryI=2148 InvisibleComma=2063
InvisibleTimes=2062 Iogon=12e Iopf=1d540 Iota=399 Iscr=2110 Itilde=128 Iukcy=406 Iuml=cf
Jcirc=134 Jfr=1d50d Jopf=1d541 Jscr=1d4a5 Jsercy=408 Jukcy=404 KHcy=425 KJcy=40c
Kappa=39a Kcedil=136 Kcy=41a Kfr=1d50e Kopf=1d542 Kscr=1d4a6 LT=3c Lacute=139
Laplacetrf=2112 Lcaron=13d Lcedil=13b Lfr=1d50f Lmidot=13f Lopf=1d543 Lscr=2112 Lstrok=141
Mcy=41c MediumSpace=205f Mellintrf=2133 Mfr=1d510 Mopf=1d544 Mscr=2133 Mu=39c Nacute=143
Ncaron=147 Ncedil=145 Ncy=41d NegativeMediumSpace=200b NegativeThickSpace=200b NegativeThinSpace=200b NegativeVeryThinSpace=200b NewLine=a
Nfr=1d511 NoBreak=2060 NonBreakingSpace=a0 Nopf=2115 NotEqual=2260 NotGreater=226f NotLess=226e Nscr=1d4a9
Ntilde=d1 Nu=39d OElig=152 Oacute=d3 Ocirc=d4 Ocy=41e Odblac=150 Ofr=1d512
Ograve=d2 Omacr=14c Omicron=39f Oopf=1d546 OpenCurlyDoubleQuote=201c OpenCurlyQuote=2018 Oscr=1d4aa Oslash=d8
Otilde=d5 Ouml=d6 Pfr=1d513 Poincareplane=210c Popf=2119 Prime=2033 Pscr=1d4ab QUOT=22
Qfr=1d514 Qopf=211a Qscr=1d4ac Racute=154 Rcaron=158 Rcedil=156 Rcy=420 Re=211c
Rfr=211c Rho=3a1 Ropf=211d Rscr=211b SOFTcy=42c Sacute=15a Scaron=160 Scedil=15e
Scirc=15c Scy=421 Sfr=1d516 Sopf=1d54a Sscr=1d4ae Tab=9 Tau=3a4 Tcaron=164
Tcedil=162 Tcy=422 Tfr=1d517 Theta=398 ThinSpace=2009 Topf=1d54b TripleDot=20db Tscr=1d4af
Tstrok=166 Uacute=da Ubrcy=40e Ubreve=16c Ucirc=db Ucy=423 Udblac=170 Ufr=1d518
Ugrave=d9 Umacr=16a UnderBar=5f Uogon=172 Uopf=1d54c Upsi=3d2 Upsilon=3a5 Uring=16e
Uscr=1d4b0 Utilde=168 Uuml=dc Vcy=412 VerticalLine=7c VeryThinSpace=200a Vfr=1d519 Vopf=1d54d
Vscr=1d4b1 Wcirc=174 Wfr=1d51a Wopf=1d54e Wscr=1d4b2 Xfr=1d51b Xopf=1d54f Xscr=1d4b3
YAcy=42f YIcy=407 Yacute=dd Ycirc=176 Yfr=1d51c Yopf=1d550 Yscr=1d4b4 Yuml=178
Zacute=179 Zcaron=17d Zcy=417 Zdot=17b ZeroWidthSpace=200b Zeta=396 Zfr=2128 Zopf=2124
Zscr=1d4b5 aacute=e1 abreve=103 acirc=e2 acute=b4 acy=430 af=2061 afr=1d51e
agrave=e0 alpha=3b1 amacr=101 amp=26 angst=c5 aogon=105 aopf=1d552 apos=27
aring=e5 ascr=1d4b6 ast=2a atilde=e3 auml=e4 bcy=431 bdquo=201e bernou=212c
beta=3b2 bfr=1d51f bopf=1d553 bscr=1d4b7 bsol=5c cacute=107 ccaron=10d ccedil=e7
ccirc=109 cdot=10b cfr=1d520 chi=3c7 circledS=24c8 colon=3a comma=2c commat=40
complexes=2102 copf=1d554 cscr=1d4b8 dash=2010 dcaron=10f dd=2146 deg=b0 delta=3b4
dfr=1d521 digamma=3dd dollar=24 dopf=1d555 dscr=1d4b9 dscy=455 dstrok=111 eacute=e9
ecaron=11b ecirc=ea ecy=44d edot=117 ee=2147 efr=1d522 egrave=e8 ell=2113
emacr=113 emsp13=2004 emsp14=2005 emsp=2003 ensp=2002 eogon=119 eopf=1d556 epsi=3b5
epsilon=3b5 epsiv=3f5 equals=3d escr=212f eta=3b7 eth=f0 euml=eb euro=20ac
excl=21 expectation=2130 exponentiale=2147 ffilig=fb03 fflig=fb00 ffllig=fb04 ffr=1d523 filig=fb01
fllig=fb02 fnof=192 fopf=1d557 frasl=2044 fscr=1d4bb gacute=1f5 gamma=3b3 gammad=3dd
gbreve=11f gcirc=11d gcy=433 gdot=121 gfr=1d524 gjcy=453 gopf=1d558 grave=60
gscr=210a gt=3e hairsp=200a hamilt=210b hbar=210f hcirc=125 hellip=2026 hfr=1d525
hopf=1d559 horbar=2015 hscr=1d4bd hslash=210f hstrok=127 hyphen=2010 iacute=ed ic=2063
icirc=ee icy=438 iecy=435 ifr=1d526 igrave=ec ii=2148 ijlig=133 imacr=12b
image=2111 imagline=2110 imagpart=2111 imath=131 imped=1b5 inodot=131 integers=2124 iocy=451
iogon=12f iopf=1d55a iota=3b9 iscr=1d4be it=2062 itilde=129 iukcy=456 iuml=ef
jcirc=135 jcy=439 jfr=1d527 jmath=237 jopf=1d55b jscr=1d4bf jsercy=458 jukcy=454
kappa=3ba kappav=3f0 kcedil=137 kcy=43a kfr=1d528 khcy=445 kjcy=45c kopf=1d55c
kscr=1d4c0 lacute=13a lagran=2112 lambda=3bb laquo=ab lbrace=7b lbrack=5b lcaron=13e
lcedil=13c lcub=7b ldquo=201c ldquor=201e lfr=1d529 lmidot=140 lopf=1d55d lowbar=5f
lpar=28 lrm=200e lsaquo=2039 lscr=1d4c1 lsqb=5b lsquo=2018 lstrok=142 lt=3c
mcy=43c mdash=2014 mfr=1d52a midast=2a minus=2212 mldr=2026 mopf=1d55e mscr=1d4c2
mu=3bc nacute=144 naturals=2115 nbsp=a0 ncaron=148 ncedil=146 ncy=43d ndash=2013
ne=2260 nfr=1d52b ngt=226f ngtr=226f nldr=2025 nless=226e nlt=226e nopf=1d55f
nscr=1d4c3 ntilde=f1 nu=3bd num=23 numsp=2007 oS=24c8 oacute=f3 ocirc=f4
ocy=43e odblac=151 ofr=1d52c ograve=f2 omacr=14d omega=3c9 omicron=3bf oopf=1d560
order=2134 orderof=2134 ordf=aa ordm=ba oscr=2134 oslash=f8 otilde=f5 ouml=f6
pcy=43f percnt=25 period=2e pfr=1d52d phmmat=2133 pi=3c0 planck=210f planckh=210e
plankv=210f plus=2b popf=1d561 prime=2032 primes=2119 pscr=1d4c5 puncsp=2008 qfr=1d52e
qopf=1d562 qscr=1d4c6 quaternions=210d quest=3f quot=22 racute=155 raquo=bb rationals=211a
rbrace=7d rbrack=5d rcaron=159 rcedil=157 rcub=7d rcy=440 rdquo=201d rdquor=201d
real=211c realine=211b realpart=211c reals=211d rfr=1d52f rho=3c1 rhov=3f1 rlm=200f
ropf=1d563 rpar=29 rsaquo=203a rscr=1d4c7 rsqb=5d rsquo=2019 rsquor=2019 sacute=15b
scaron=161 scedil=15f scirc=15d scy=441 semi=3b sfr=1d530 shcy=448 shy=ad
sigma=3c3 softcy=44c sol=2f sopf=1d564 sscr=1d4c8 straightepsilon=3f5 sup1=b9 sup2=b2
sup3=b3 szlig=df tau=3c4 tcaron=165 tcedil=163 tcy=442 tdot=20db tfr=1d531
theta=3b8 thetasym=3d1 thetav=3d1 thinsp=2009 topf=1d565 tscr=1d4c9 tscy=446 tshcy=45b
tstrok=167 uacute=fa ubrcy=45e ubreve=16d ucirc=fb ucy=443 udblac=171 ufr=1d532
ugrave=f9 umacr=16b uogon=173 uopf=1d566 upsi=3c5 upsih=3d2 upsilon=3c5 uring=16f
uscr=1d4ca utilde=169 uuml=fc varepsilon=3f5 varkappa=3f0 varrho=3f1 vartheta=3d1 vcy=432
verbar=7c vert=7c vfr=1d533 vopf=1d567 vscr=1d4cb wcirc=175 wfr=1d534 wopf=1d568
wscr=1d4cc xfr=1d535 xopf=1d569 xscr=1d4cd yacute=fd yacy=44f ycirc=177 yfr=1d536
yicy=457 yopf=1d56a yscr=1d4ce yuml=ff zacute=17a zcaron=17e zcy=437 zdot=17c
zeetrf=2128 zeta=3b6 zfr=1d537 zopf=1d56b zscr=1d4cf zwj=200d zwnj=200c
"""
# what is misread with what it was, `|` between them
MISREAD = (
    "\u00c2\u00a0\u00a0|\u00c3\u0082\u00c2\u00a0\u00a0|\u00c3\u201a\u00c2\u00a0\u00a0|\u00c2\u00ab\u00ab|\u00c3\u0082\u00c2\u00ab\u00ab|\u00c3\u201a\u00c2\u00ab\u00ab|"
    "\u00c2\u00b0\u00b0|\u00c3\u0082\u00c2\u00b0\u00b0|\u00c3\u201a\u00c2\u00b0\u00b0|\u00c2\u00b7\u00b7|\u00c3\u0082\u00c2\u00b7\u00b7|\u00c3\u201a\u00c2\u00b7\u00b7|"
    "\u00c2\u00bb\u00bb|\u00c3\u0082\u00c2\u00bb\u00bb|\u00c3\u201a\u00c2\u00bb\u00bb|\u00c3\u0080\u00c0|\u00c3\u0083\u00c2\u0080\u00c0|\u00c3\u0083\u00e2\u0082\u00ac\u00c0|"
    "\u00c3\u0192\u00c2\u20ac\u00c0|\u00c3\u0192\u00e2\u201a\u00ac\u00c0|\u00c3\u20ac\u00c0|\u221a\u00c4\u00c0|\u251c\u00c7\u00c0|\u00c3\u0081\u00c1|"
    "\u00c3\u0083\u00c2\u0081\u00c1|\u00c3\u0192\u00c2\u0081\u00c1|\u221a\u00c5\u00c1|\u251c\u00fc\u00c1|\u00c3\u0082\u00c2|\u00c3\u0083\u00c2\u0082\u00c2|"
    "\u00c3\u0083\u00e2\u0080\u009a\u00c2|\u00c3\u0192\u00c2\u201a\u00c2|\u00c3\u0192\u00e2\u20ac\u0161\u00c2|\u00c3\u201a\u00c2|\u221a\u00c7\u00c2|\u251c\u00e9\u00c2|"
    "\u00c3\u0083\u00c2\u0084\u00c4|\u00c3\u0083\u00e2\u0080\u009e\u00c4|\u00c3\u0084\u00c4|\u00c3\u0192\u00c2\u201e\u00c4|\u00c3\u0192\u00e2\u20ac\u017e\u00c4|\u00c3\u201e\u00c4|"
    "\u221a\u00d1\u00c4|\u251c\u00e4\u00c4|\u00c3\u0083\u00c2\u0086\u00c6|\u00c3\u0083\u00e2\u0080\u00a0\u00c6|\u00c3\u0086\u00c6|\u00c3\u0192\u00c2\u2020\u00c6|"
    "\u00c3\u0192\u00e2\u20ac\u00a0\u00c6|\u00c3\u2020\u00c6|\u221a\u00dc\u00c6|\u251c\u00e5\u00c6|\u00c3\u0083\u00c2\u0087\u00c7|\u00c3\u0083\u00e2\u0080\u00a1\u00c7|"
    "\u00c3\u0087\u00c7|\u00c3\u0192\u00c2\u2021\u00c7|\u00c3\u0192\u00e2\u20ac\u00a1\u00c7|\u00c3\u2021\u00c7|\u221a\u00e1\u00c7|\u251c\u00e7\u00c7|"
    "\u00c3\u0083\u00c2\u0088\u00c8|\u00c3\u0083\u00cb\u0086\u00c8|\u00c3\u0088\u00c8|\u00c3\u0192\u00c2\u02c6\u00c8|\u00c3\u0192\u00cb\u2020\u00c8|\u00c3\u02c6\u00c8|"
    "\u221a\u00e0\u00c8|\u251c\u00ea\u00c8|\u00c3\u0083\u00c2\u0089\u00c9|\u00c3\u0083\u00e2\u0080\u00b0\u00c9|\u00c3\u0089\u00c9|\u00c3\u0192\u00c2\u2030\u00c9|"
    "\u00c3\u0192\u00e2\u20ac\u00b0\u00c9|\u00c3\u2030\u00c9|\u221a\u00e2\u00c9|\u251c\u00eb\u00c9|\u00c3\u0083\u00c2\u008a\u00ca|\u00c3\u0083\u00c5\u00a0\u00ca|"
    "\u00c3\u008a\u00ca|\u00c3\u0160\u00ca|\u00c3\u0192\u00c2\u0160\u00ca|\u00c3\u0192\u00c5\u00a0\u00ca|\u221a\u00e4\u00ca|\u251c\u00e8\u00ca|"
    "\u00c3\u0083\u00c2\u008b\u00cb|\u00c3\u0083\u00e2\u0080\u00b9\u00cb|\u00c3\u008b\u00cb|\u00c3\u0192\u00c2\u2039\u00cb|\u00c3\u0192\u00e2\u20ac\u00b9\u00cb|\u00c3\u2039\u00cb|"
    "\u221a\u00e3\u00cb|\u251c\u00ef\u00cb|\u00c3\u0083\u00c2\u008d\u00cd|\u00c3\u008d\u00cd|\u00c3\u0192\u00c2\u008d\u00cd|\u221a\u00e7\u00cd|"
    "\u251c\u00ec\u00cd|\u00c3\u0083\u00c2\u008e\u00ce|\u00c3\u0083\u00c5\u00bd\u00ce|\u00c3\u008e\u00ce|\u00c3\u017d\u00ce|\u00c3\u0192\u00c2\u017d\u00ce|"
    "\u00c3\u0192\u00c5\u00bd\u00ce|\u221a\u00e9\u00ce|\u251c\u00c4\u00ce|\u00c3\u0083\u00c2\u008f\u00cf|\u00c3\u008f\u00cf|\u00c3\u0192\u00c2\u008f\u00cf|"
    "\u221a\u00e8\u00cf|\u251c\u00c5\u00cf|\u00c3\u0083\u00c2\u0091\u00d1|\u00c3\u0083\u00e2\u0080\u0098\u00d1|\u00c3\u0091\u00d1|\u00c3\u0192\u00c2\u2018\u00d1|"
    "\u00c3\u0192\u00e2\u20ac\u02dc\u00d1|\u00c3\u2018\u00d1|\u221a\u00eb\u00d1|\u251c\u00e6\u00d1|\u00c3\u0083\u00c2\u0093\u00d3|\u00c3\u0083\u00e2\u0080\u009c\u00d3|"
    "\u00c3\u0093\u00d3|\u00c3\u0192\u00c2\u201c\u00d3|\u00c3\u0192\u00e2\u20ac\u0153\u00d3|\u00c3\u201c\u00d3|\u221a\u00ec\u00d3|\u251c\u00f4\u00d3|"
    "\u00c3\u0083\u00c2\u0094\u00d4|\u00c3\u0083\u00e2\u0080\u009d\u00d4|\u00c3\u0094\u00d4|\u00c3\u0192\u00c2\u201d\u00d4|\u00c3\u0192\u00e2\u20ac\u009d\u00d4|\u00c3\u201d\u00d4|"
    "\u221a\u00ee\u00d4|\u251c\u00f6\u00d4|\u00c3\u0083\u00c2\u0096\u00d6|\u00c3\u0083\u00e2\u0080\u0093\u00d6|\u00c3\u0096\u00d6|\u00c3\u0192\u00c2\u2013\u00d6|"
    "\u00c3\u0192\u00e2\u20ac\u201c\u00d6|\u00c3\u2013\u00d6|\u221a\u00f1\u00d6|\u251c\u00fb\u00d6|\u00c3\u0083\u00c2\u0099\u00d9|\u00c3\u0083\u00e2\u0084\u00a2\u00d9|"
    "\u00c3\u0099\u00d9|\u00c3\u0192\u00c2\u2122\u00d9|\u00c3\u0192\u00e2\u201e\u00a2\u00d9|\u00c3\u2122\u00d9|\u221a\u00f4\u00d9|\u251c\u00d6\u00d9|"
    "\u00c3\u0083\u00c2\u009a\u00da|\u00c3\u0083\u00c5\u00a1\u00da|\u00c3\u009a\u00da|\u00c3\u0161\u00da|\u00c3\u0192\u00c2\u0161\u00da|\u00c3\u0192\u00c5\u00a1\u00da|"
    "\u221a\u00f6\u00da|\u251c\u00dc\u00da|\u00c3\u0083\u00c2\u009b\u00db|\u00c3\u0083\u00e2\u0080\u00ba\u00db|\u00c3\u009b\u00db|\u00c3\u0192\u00c2\u203a\u00db|"
    "\u00c3\u0192\u00e2\u20ac\u00ba\u00db|\u00c3\u203a\u00db|\u221a\u00f5\u00db|\u251c\u00f8\u00db|\u00c3\u0083\u00c2\u009c\u00dc|\u00c3\u0083\u00c5\u0093\u00dc|"
    "\u00c3\u009c\u00dc|\u00c3\u0153\u00dc|\u00c3\u0192\u00c2\u0153\u00dc|\u00c3\u0192\u00c5\u201c\u00dc|\u221a\u00fa\u00dc|\u251c\u00a3\u00dc|"
    "\u00c3\u0083\u00c2\u00a0\u00e0|\u00c3\u00a0\u00e0|\u00c3\u0192\u00c2\u00a0\u00e0|\u221a\u2020\u00e0|\u251c\u00e1\u00e0|\u00c3\u0083\u00c2\u00a1\u00e1|"
    "\u00c3\u00a1\u00e1|\u00c3\u0192\u00c2\u00a1\u00e1|\u221a\u00b0\u00e1|\u251c\u00ed\u00e1|\u00c3\u0083\u00c2\u00a2\u00e2|\u00c3\u00a2\u00e2|"
    "\u00c3\u0192\u00c2\u00a2\u00e2|\u221a\u00a2\u00e2|\u251c\u00f3\u00e2|\u00c3\u0083\u00c2\u00a3\u00e3|\u00c3\u00a3\u00e3|\u00c3\u0192\u00c2\u00a3\u00e3|"
    "\u221a\u00a3\u00e3|\u251c\u00fa\u00e3|\u00c3\u0083\u00c2\u00a4\u00e4|\u00c3\u00a4\u00e4|\u00c3\u0192\u00c2\u00a4\u00e4|\u221a\u00a7\u00e4|"
    "\u251c\u00f1\u00e4|\u00c3\u0083\u00c2\u00a6\u00e6|\u00c3\u00a6\u00e6|\u00c3\u0192\u00c2\u00a6\u00e6|\u221a\u00b6\u00e6|\u251c\u00aa\u00e6|"
    "\u00c3\u0083\u00c2\u00a7\u00e7|\u00c3\u00a7\u00e7|\u00c3\u0192\u00c2\u00a7\u00e7|\u221a\u00df\u00e7|\u251c\u00ba\u00e7|\u00c3\u0083\u00c2\u00a8\u00e8|"
    "\u00c3\u00a8\u00e8|\u00c3\u0192\u00c2\u00a8\u00e8|\u221a\u00ae\u00e8|\u251c\u00bf\u00e8|\u00c3\u0083\u00c2\u00a9\u00e9|\u00c3\u00a9\u00e9|"
    "\u00c3\u0192\u00c2\u00a9\u00e9|\u221a\u00a9\u00e9|\u251c\u00ae\u00e9|\u00c3\u0083\u00c2\u00aa\u00ea|\u00c3\u00aa\u00ea|\u00c3\u0192\u00c2\u00aa\u00ea|"
    "\u221a\u2122\u00ea|\u251c\u00ac\u00ea|\u00c3\u0083\u00c2\u00ab\u00eb|\u00c3\u00ab\u00eb|\u00c3\u0192\u00c2\u00ab\u00eb|\u221a\u00b4\u00eb|"
    "\u251c\u00bd\u00eb|\u00c3\u0083\u00c2\u00ad\u00ed|\u00c3\u00ad\u00ed|\u00c3\u0192\u00c2\u00ad\u00ed|\u221a\u2260\u00ed|\u251c\u00a1\u00ed|"
    "\u00c3\u0083\u00c2\u00ae\u00ee|\u00c3\u00ae\u00ee|\u00c3\u0192\u00c2\u00ae\u00ee|\u221a\u00c6\u00ee|\u251c\u00ab\u00ee|\u00c3\u0083\u00c2\u00af\u00ef|"
    "\u00c3\u00af\u00ef|\u00c3\u0192\u00c2\u00af\u00ef|\u221a\u00d8\u00ef|\u251c\u00bb\u00ef|\u00c3\u0083\u00c2\u00b1\u00f1|\u00c3\u00b1\u00f1|"
    "\u00c3\u0192\u00c2\u00b1\u00f1|\u221a\u00b1\u00f1|\u251c\u2592\u00f1|\u00c3\u0083\u00c2\u00b3\u00f3|\u00c3\u00b3\u00f3|\u00c3\u0192\u00c2\u00b3\u00f3|"
    "\u221a\u2265\u00f3|\u251c\u2502\u00f3|\u00c3\u0083\u00c2\u00b4\u00f4|\u00c3\u00b4\u00f4|\u00c3\u0192\u00c2\u00b4\u00f4|\u221a\u00a5\u00f4|"
    "\u251c\u2524\u00f4|\u00c3\u0083\u00c2\u00b5\u00f5|\u00c3\u00b5\u00f5|\u00c3\u0192\u00c2\u00b5\u00f5|\u221a\u00b5\u00f5|\u251c\u00c1\u00f5|"
    "\u00c3\u0083\u00c2\u00b6\u00f6|\u00c3\u00b6\u00f6|\u00c3\u0192\u00c2\u00b6\u00f6|\u221a\u2202\u00f6|\u251c\u00c2\u00f6|\u00c3\u0083\u00c2\u00b9\u00f9|"
    "\u00c3\u00b9\u00f9|\u00c3\u0192\u00c2\u00b9\u00f9|\u221a\u03c0\u00f9|\u251c\u2563\u00f9|\u00c3\u0083\u00c2\u00ba\u00fa|\u00c3\u00ba\u00fa|"
    "\u00c3\u0192\u00c2\u00ba\u00fa|\u221a\u222b\u00fa|\u251c\u2551\u00fa|\u00c3\u0083\u00c2\u00bb\u00fb|\u00c3\u00bb\u00fb|\u00c3\u0192\u00c2\u00bb\u00fb|"
    "\u221a\u00aa\u00fb|\u251c\u2557\u00fb|\u00c3\u0083\u00c2\u00bc\u00fc|\u00c3\u00bc\u00fc|\u00c3\u0192\u00c2\u00bc\u00fc|\u221a\u00ba\u00fc|"
    "\u251c\u255d\u00fc|\u00c3\u0083\u00c2\u00bf\u00ff|\u00c3\u00bf\u00ff|\u00c3\u0192\u00c2\u00bf\u00ff|\u221a\u00f8\u00ff|\u251c\u2510\u00ff|"
    "\u00c3\u0085\u00c2\u0092\u0152|\u00c3\u0085\u00e2\u0080\u0099\u0152|\u00c3\u2026\u00c2\u2019\u0152|\u00c3\u2026\u00e2\u20ac\u2122\u0152|\u00c5\u0092\u0152|\u00c5\u2019\u0152|"
    "\u2248\u00ed\u0152|\u253c\u00c6\u0152|\u00c3\u0085\u00c2\u0093\u0153|\u00c3\u0085\u00e2\u0080\u009c\u0153|\u00c3\u2026\u00c2\u201c\u0153|\u00c3\u2026\u00e2\u20ac\u0153\u0153|"
    "\u00c5\u0093\u0153|\u00c5\u201c\u0153|\u2248\u00ec\u0153|\u253c\u00f4\u0153|\u00c3\u0085\u00c2\u00b8\u0178|\u00c3\u2026\u00c2\u00b8\u0178|"
    "\u00c5\u00b8\u0178|\u2248\u220f\u0178|\u253c\u00a9\u0178|\u00c3\u00a2\u00c2\u0080\u00c2\u0093\u2013|\u00c3\u00a2\u00c2\u20ac\u00c2\u201c\u2013|\u00c3\u00a2\u00e2\u0082\u00ac\u00e2\u0080\u009c\u2013|"
    "\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u20ac\u0153\u2013|\u00e2\u0080\u0093\u2013|\u00c3\u00a2\u00c2\u0080\u00c2\u0094\u2014|\u00c3\u00a2\u00c2\u20ac\u00c2\u201d\u2014|\u00c3\u00a2\u00e2\u0082\u00ac\u00e2\u0080\u009d\u2014|\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u20ac\u009d\u2014|"
    "\u00e2\u0080\u0094\u2014|\u00c3\u00a2\u00c2\u0080\u00c2\u0098\u2018|\u00c3\u00a2\u00c2\u20ac\u00c2\u02dc\u2018|\u00c3\u00a2\u00e2\u0082\u00ac\u00cb\u009c\u2018|\u00c3\u00a2\u00e2\u201a\u00ac\u00cb\u0153\u2018|\u00e2\u0080\u0098\u2018|"
    "\u00e2\u20ac\u02dc\u2018|\u00c3\u00a2\u00c2\u0080\u00c2\u0099\u2019|\u00c3\u00a2\u00c2\u20ac\u00c2\u2122\u2019|\u00c3\u00a2\u00e2\u0082\u00ac\u00e2\u0084\u00a2\u2019|\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u201e\u00a2\u2019|\u00e2\u0080\u0099\u2019|"
    "\u00e2\u20ac\u2122\u2019|\u00c3\u00a2\u00c2\u0080\u00c2\u009c\u201c|\u00c3\u00a2\u00c2\u20ac\u00c2\u0153\u201c|\u00c3\u00a2\u00e2\u0082\u00ac\u00c5\u0093\u201c|\u00c3\u00a2\u00e2\u201a\u00ac\u00c5\u201c\u201c|\u00e2\u0080\u009c\u201c|"
    "\u00c3\u00a2\u00c2\u0080\u00c2\u009d\u201d|\u00c3\u00a2\u00c2\u20ac\u00c2\u009d\u201d|\u00c3\u00a2\u00e2\u0082\u00ac\u00c2\u009d\u201d|\u00c3\u00a2\u00e2\u201a\u00ac\u00c2\u009d\u201d|\u00e2\u0080\u009d\u201d|\u00e2\u20ac\u009d\u201d|"
    "\u00c3\u00a2\u00c2\u0080\u00c2\u00a6\u2026|\u00c3\u00a2\u00c2\u20ac\u00c2\u00a6\u2026|\u00c3\u00a2\u00e2\u0082\u00ac\u00c2\u00a6\u2026|\u00c3\u00a2\u00e2\u201a\u00ac\u00c2\u00a6\u2026|\u00e2\u0080\u00a6\u2026|\u00e2\u20ac\u00a6\u2026|"
    "\u00c3\u00a2\u00c2\u0080\u00c2\u00af\u202f|\u00c3\u00a2\u00c2\u20ac\u00c2\u00af\u202f|\u00c3\u00a2\u00e2\u0082\u00ac\u00c2\u00af\u202f|\u00c3\u00a2\u00e2\u201a\u00ac\u00c2\u00af\u202f|\u00e2\u0080\u00af\u202f|\u00e2\u20ac\u00af\u202f|"
    "\u00c3\u00a2\u00c2\u0082\u00c2\u00ac\u20ac|\u00c3\u00a2\u00c2\u201a\u00c2\u00ac\u20ac|\u00c3\u00a2\u00e2\u0080\u009a\u00c2\u00ac\u20ac|\u00c3\u00a2\u00e2\u20ac\u0161\u00c2\u00ac\u20ac|\u00e2\u0082\u00ac\u20ac|\u00e2\u201a\u00ac\u20ac"
)
