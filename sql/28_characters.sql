-- characters(): what a character is read as. Made by tests/make_characters.py from Unicode's data (Unicode License v3).
-- A run: `first`, a code point, is read as the first letter, the next as the second, `~` is none.
create or replace function motjuste.characters()
    returns table (kind text, first int, letters text)
    language sql
    immutable
    parallel safe
    rows 400
as $$
    values
        ('always', 170, 'a'),
        ('always', 178, '23'),
        ('always', 185, '1'),
        ('always', 272, 'Dd'),
        ('always', 319, 'Ll'),
        ('always', 383, 'sbBBb~~OCc~DDd~~~EFfG~~~IKkl~~NnOOo~~Pp'),
        ('always', 427, 'tTtTUu~VYyZz'),
        ('always', 453, 'D~~L~~N~AaIiOoUuUuUuUuUu~AaAa~~GgGgKkOoOo~~j~D~Gg~~NnAa~~OoAaAaE'),
        ('always', 517, 'eEeIiIiOoOoRrRrUuUu'),
        ('always', 542, 'HhNd~~ZzAaEeOoOoOoOoYylntj~~ACcLTsz~~B~~EeJj~qRrYy~~~bocdd~~~e~~~j'),
        ('always', 608, 'ggg~~~h~i~illl~~~mnnno'),
        ('always', 636, 'rrr~r~s~j~~~t~~v~~~yzz'),
        ('always', 665, 'b~ghj~lq'),
        ('always', 688, 'h~jr~~~wy'),
        ('always', 737, 'lsx'),
        ('always', 894, ';'),
        ('always', 1632, '0123456789'),
        ('always', 1776, '0123456789'),
        ('always', 1984, '0123456789'),
        ('always', 2406, '0123456789'),
        ('always', 2534, '0123456789'),
        ('always', 2662, '0123456789'),
        ('always', 2790, '0123456789'),
        ('always', 2918, '0123456789'),
        ('always', 3046, '0123456789'),
        ('always', 3174, '0123456789'),
        ('always', 3302, '0123456789'),
        ('always', 3430, '0123456789'),
        ('always', 3558, '0123456789'),
        ('always', 3664, '0123456789'),
        ('always', 3792, '0123456789'),
        ('always', 3872, '0123456789'),
        ('always', 4160, '0123456789'),
        ('always', 4240, '0123456789'),
        ('always', 4969, '123456789'),
        ('always', 6112, '0123456789'),
        ('always', 6160, '0123456789'),
        ('always', 6470, '0123456789'),
        ('always', 6608, '01234567891'),
        ('always', 6784, '0123456789'),
        ('always', 6800, '0123456789'),
        ('always', 6992, '0123456789'),
        ('always', 7088, '0123456789'),
        ('always', 7232, '0123456789'),
        ('always', 7248, '0123456789'),
        ('always', 7424, 'a~~bcd~e~~jklm~ooo~o~~~~p~~tuu~~vwz'),
        ('always', 7468, 'A~B~DE~GHIJKLMN~O~PRTUWa~~~bde~~~g~km~o~~~ptu~~v'),
        ('always', 7522, 'iruv'),
        ('always', 7532, 'bdfmnprrstz'),
        ('always', 7549, 'p~~bdfgklmnprs~vxza~dee~~io~u~~c~d~f'),
        ('always', 7611, 'z'),
        ('always', 7680, 'AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm'),
        ('always', 7744, 'MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv'),
        ('always', 7808, 'WwWwWwWwWwXxXxYyZzZzZzhtwyasss~~AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe'),
        ('always', 7872, 'EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy~~~~Yy'),
        ('always', 8175, '`'),
        ('always', 8228, '..'),
        ('always', 8260, '/'),
        ('always', 8304, '0i~~456789+-=()n0123456789+-=()~aeox~hklmnpst'),
        ('always', 8450, 'C'),
        ('always', 8458, 'gHHHhhIILl~N~~~PQRRR'),
        ('always', 8484, 'Z~~~Z~KABC~eEF~Mo~~~~i'),
        ('always', 8517, 'Ddeij'),
        ('always', 8544, 'I~~~V~~~~X~~LCDMi~~~v~~~~x~~lcdm'),
        ('always', 8800, '='),
        ('always', 8814, '<>'),
        ('always', 9312, '123456789'),
        ('always', 9332, '123456789'),
        ('always', 9352, '123456789'),
        ('always', 9372, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl'),
        ('always', 9436, 'mnopqrstuvwxyz0'),
        ('always', 9461, '123456789~0'),
        ('always', 10102, '123456789~123456789~123456789'),
        ('always', 11360, 'LlLPRatHhKkZz~M~~vWwv~~~e~o~jVSZ'),
        ('always', 42528, '0123456789'),
        ('always', 42800, 'fs'),
        ('always', 42816, 'KkKkKk~~LlOoOo~~PpPpPpQqQqRr~~Vv'),
        ('always', 42894, 'l~NnCcchBbFf'),
        ('always', 42912, 'GgKkNnRrSsH~GLiq~~J'),
        ('always', 42936, 'Uu'),
        ('always', 42948, 'CSZDdSs'),
        ('always', 42994, 'CFQ~~~h'),
        ('always', 43216, '0123456789'),
        ('always', 43264, '0123456789'),
        ('always', 43472, '0123456789'),
        ('always', 43504, '0123456789'),
        ('always', 43600, '0123456789'),
        ('always', 43827, 'ee~glllmn~~~o'),
        ('always', 43846, 'r~~r~rr~u~~~u~~~xxxxy'),
        ('always', 44016, '0123456789'),
        ('always', 64297, '+'),
        ('always', 65040, ',~~:;!?'),
        ('always', 65072, '.--__(){}'),
        ('always', 65095, '[]~~~~___,~.~;:?!-(){}~~#&*+-<>=~\$%@'),
        ('always', 65281, '!"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`'),
        ('always', 65345, 'abcdefghijklmnopqrstuvwxyz{|}'),
        ('always', 66720, '0123456789'),
        ('always', 67477, 'h'),
        ('always', 67490, 'o~~q'),
        ('always', 68160, '1234'),
        ('always', 68912, '0123456789'),
        ('always', 69216, '123456789'),
        ('always', 69714, '123456789'),
        ('always', 69734, '0123456789'),
        ('always', 69872, '0123456789'),
        ('always', 69942, '0123456789'),
        ('always', 70096, '0123456789'),
        ('always', 70384, '0123456789'),
        ('always', 70736, '0123456789'),
        ('always', 70864, '0123456789'),
        ('always', 71248, '0123456789'),
        ('always', 71360, '0123456789'),
        ('always', 71472, '0123456789'),
        ('always', 71904, '0123456789'),
        ('always', 72016, '0123456789'),
        ('always', 72784, '0123456789'),
        ('always', 73040, '0123456789'),
        ('always', 73120, '0123456789'),
        ('always', 92768, '0123456789'),
        ('always', 92864, '0123456789'),
        ('always', 93008, '0123456789'),
        ('always', 119808, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzABCDEFGHIJKL'),
        ('always', 119872, 'MNOPQRSTUVWXYZabcdefg~ijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX'),
        ('always', 119936, 'YZabcdefghijklmnopqrstuvwxyzA~CD~~G~~JK~~NOPQ~STUVWXYZabcd~f~hij'),
        ('always', 120000, 'klmn~pqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv'),
        ('always', 120064, 'wxyzAB~DEFG~~JKLMNOPQ~STUVWXY~abcdefghijklmnopqrstuvwxyzAB~DEFG~I'),
        ('always', 120129, 'JKLM~O~~~STUVWXY~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU'),
        ('always', 120193, 'VWXYZabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg'),
        ('always', 120257, 'hijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs'),
        ('always', 120321, 'tuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzABCDE'),
        ('always', 120385, 'FGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ'),
        ('always', 120449, 'RSTUVWXYZabcdefghijklmnopqrstuvwxyzi'),
        ('always', 120782, '01234567890123456789012345678901234567890123456789'),
        ('always', 122628, 'l~~~~t'),
        ('always', 122641, 'l~l~~r~~~io~cs'),
        ('always', 123200, '0123456789'),
        ('always', 123632, '0123456789'),
        ('always', 125264, '0123456789'),
        ('always', 127232, '00123456789'),
        ('always', 127248, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ~CR~~~ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
        ('always', 127312, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
        ('always', 127344, 'ABCDEFGHIJKLMNOPQRSTUVWXYZP'),
        ('always', 127397, 'd'),
        ('always', 127462, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
        ('always', 130032, '0123456789'),
        ('alike', 593, 'a'),
        ('alike', 611, 'y'),
        ('alike', 617, 'i'),
        ('alike', 623, 'w'),
        ('alike', 689, 'h'),
        ('alike', 736, 'y'),
        ('alike', 891, 'o~~~J'),
        ('alike', 902, 'A~CNI~O~U~iAS~~EzNOIk~mV~O~P~~TU~x~~IUacniuasy~e~noi~~~v~o~p~otu'),
        ('alike', 970, 'iuou~~soyyy'),
        ('alike', 988, 'f'),
        ('alike', 1000, '2'),
        ('alike', 1009, 'pcjOe~~~Cm~~O~~EE~~ESIIJ~~~k~Y~A6B~~E~3~~k~mHO~PCTY~X'),
        ('alike', 1068, 'bE~~a6br~e'),
        ('alike', 1085, 'ho~pcty~x'),
        ('alike', 1101, 'e~~ee~resiij~~h~~y~~wBb'),
        ('alike', 1138, 'OoVvVv'),
        ('alike', 1149, 'w'),
        ('alike', 1164, 'Bb'),
        ('alike', 1171, 'r~~~~3~k~~~k~~~Hh'),
        ('alike', 1194, 'CcTtYyYyx'),
        ('alike', 1211, 'h~e~eI'),
        ('alike', 1223, 'HhHh~~m~iAaAa~~Ee'),
        ('alike', 1246, '3~3'),
        ('alike', 1254, 'OoOoOo~~YyYyYy'),
        ('alike', 1281, 'd'),
        ('alike', 1292, 'Gg~~Cc'),
        ('alike', 1307, 'qWw'),
        ('alike', 1357, 'U~s'),
        ('alike', 1365, 'O'),
        ('alike', 1377, 'w~q~~q'),
        ('alike', 1392, 'h~~~~j~~n~~~nu~~~g~~fo'),
        ('alike', 1493, 'l~~v'),
        ('alike', 1503, 'l~o'),
        ('alike', 1570, 'll~l~l'),
        ('alike', 1607, 'o'),
        ('alike', 1651, 'l'),
        ('alike', 1726, 'o~ooo'),
        ('alike', 1749, 'o'),
        ('alike', 1791, 'o'),
        ('alike', 1994, 'l'),
        ('alike', 2848, 'o'),
        ('alike', 3360, 'o'),
        ('alike', 4125, 'o'),
        ('alike', 4197, '1'),
        ('alike', 4327, 'y'),
        ('alike', 4351, 'o'),
        ('alike', 4608, 'u'),
        ('alike', 4816, 'o'),
        ('alike', 5024, 'DRT~~I~~~yAJE'),
        ('alike', 5043, 'W~~~m~~~H~yOtG~hZ'),
        ('alike', 5067, 'CU~4b~~R~ws~~~VS~~~LC~~P~~~kd~~~O~~6~s~hGB'),
        ('alike', 5115, 'gb'),
        ('alike', 5167, 'v'),
        ('alike', 5196, 'u'),
        ('alike', 5229, 'p~d~~bb'),
        ('alike', 5261, 'j'),
        ('alike', 5290, 'l'),
        ('alike', 5311, '2'),
        ('alike', 5441, 'x'),
        ('alike', 5500, 'hx'),
        ('alike', 5511, 'r'),
        ('alike', 5551, 'b~~~~f'),
        ('alike', 5573, 'a'),
        ('alike', 5598, 'd'),
        ('alike', 5610, 'd'),
        ('alike', 5616, 'm'),
        ('alike', 5623, 'b'),
        ('alike', 5815, 'x'),
        ('alike', 5825, 'l'),
        ('alike', 5845, 'km'),
        ('alike', 7462, 'r~~p'),
        ('alike', 7485, '8'),
        ('alike', 7493, 'a'),
        ('alike', 7499, 'e'),
        ('alike', 7507, 'o'),
        ('alike', 7513, 'uw~~sy'),
        ('alike', 7526, 'syp'),
        ('alike', 7544, 'h~~ii~u'),
        ('alike', 7568, 'q'),
        ('alike', 7581, 'c~e~jg~iiiijlllm~nnno~s~t~~uv~~zz~o'),
        ('alike', 7936, 'aaaaaaaaAAAAAAAAcccccc~~CCCCCC~~nnnnnnnnNNNNNNNNiiiiiiiiIIIIIIII'),
        ('alike', 8000, 'oooooo~~OOOOOO~~uuuuuuuu~U~U~U~U'),
        ('alike', 8048, 'aaccnniioouu~~~~aaaaaaaaAAAAAAAAnnnnnnnnNNNNNNNN'),
        ('alike', 8112, 'aaaaa~aaAAAAA~i~~~nnn~nnCCNNN~~~iiii~~iiIIII~~~~uuuuppuuUUUUP'),
        ('alike', 8184, 'OO'),
        ('alike', 8455, 'E'),
        ('alike', 8509, 'y'),
        ('alike', 8579, 'Oo'),
        ('alike', 11397, 'r~~Cc~~~~h~~~l~k~~~m~n~~~Oo~~PpCct~y~~~x'),
        ('alike', 11466, '9~3~~~Ll6'),
        ('alike', 11569, 'o'),
        ('alike', 11576, 've'),
        ('alike', 11585, 'o'),
        ('alike', 11599, 'l~~~~oq'),
        ('alike', 11613, 'x'),
        ('alike', 12295, 'o'),
        ('alike', 42192, 'bpddt~gk~jcOzf~mnlsr~~vh~~wxy~a~e~lou'),
        ('alike', 42564, '2~~i'),
        ('alike', 42645, 'h'),
        ('alike', 42719, 'v'),
        ('alike', 42735, '2'),
        ('alike', 42849, 'w'),
        ('alike', 42858, '3~~~9'),
        ('alike', 42911, 'u'),
        ('alike', 42923, '3'),
        ('alike', 42931, 'xSs'),
        ('alike', 43471, '2'),
        ('alike', 43826, 'e~~f'),
        ('alike', 43837, 'oo'),
        ('alike', 43847, 'rr'),
        ('alike', 43869, 'llu'),
        ('alike', 43888, 'drt~oi~~~~aje~~~~r~w'),
        ('alike', 43915, 'h~~o~g~~z'),
        ('alike', 43931, 'cu'),
        ('alike', 43938, 'r'),
        ('alike', 43945, 'vs~~~lc~~p'),
        ('alike', 43963, 'o'),
        ('alike', 64309, 'l~~v'),
        ('alike', 64321, 'o'),
        ('alike', 64331, 'l'),
        ('alike', 64420, 'oooooooooo'),
        ('alike', 64729, 'o'),
        ('alike', 64828, 'll'),
        ('alike', 65153, 'llll~~ll~~~~ll'),
        ('alike', 65257, 'oooo'),
        ('alike', 66178, 'b~~~ef~~l'),
        ('alike', 66192, 'x~o~~pst'),
        ('alike', 66208, 'abc~~f'),
        ('alike', 66219, 'o~~~~mty~x'),
        ('alike', 66255, 'h'),
        ('alike', 66293, 'z'),
        ('alike', 66305, 'bc'),
        ('alike', 66313, 'l'),
        ('alike', 66321, 'm~~~t~x~~8'),
        ('alike', 66336, 'l~x'),
        ('alike', 66561, 'C~~O'),
        ('alike', 66581, 'C'),
        ('alike', 66587, 'L~~~~S~~O'),
        ('alike', 66601, 'c~~o'),
        ('alike', 66621, 'c'),
        ('alike', 66627, 'l~~~~s~~o'),
        ('alike', 66740, 'r'),
        ('alike', 66754, 'O'),
        ('alike', 66766, 'U~~~7'),
        ('alike', 66794, 'o'),
        ('alike', 66806, 'u'),
        ('alike', 66835, 'n~~o~k~~~cv'),
        ('alike', 66853, 'flx'),
        ('alike', 67460, 'bb'),
        ('alike', 67467, 'ddd~~~~ggg~h~j~~lll'),
        ('alike', 67496, 'rrr~~~~tv~y~~~l~~~s'),
        ('alike', 70853, 'w'),
        ('alike', 71430, 'v~~~w~~~ww'),
        ('alike', 71840, 'V~FIZ~7~~z~~9~C4~~l~~6~~U~~5Y~~~vsfiz~7~o~3~9~c'),
        ('alike', 71893, '69ou~~~y'),
        ('alike', 71916, 'x~~w~~c'),
        ('alike', 93960, 'v~t'),
        ('alike', 93974, 'l'),
        ('alike', 93992, 'l~~~~E'),
        ('alike', 94005, 'r~~~~s3~~~~a~uy'),
        ('alike', 120485, 'j~~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu'),
        ('alike', 120540, 'co~~p~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu'),
        ('alike', 120598, 'co~~p~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu'),
        ('alike', 120656, 'co~~p~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu'),
        ('alike', 120714, 'co~~p~ab~~ezholk~mn~o~po~ty~x~~~asy~c~noi~~~v~o~p~otu'),
        ('alike', 120772, 'co~~p~f'),
        ('alike', 125127, 'l~3~8'),
        ('alike', 126464, 'l'),
        ('alike', 126500, 'o'),
        ('alike', 126564, 'o'),
        ('alike', 126592, 'l~~~o'),
        ('mixed', 948, 'd~z~~~klm~~~n'),
        ('mixed', 967, 'x~w'),
        ('mixed', 989, 'f'),
        ('mixed', 1001, '2'),
        ('mixed', 1008, 'k'),
        ('mixed', 1019, 'm'),
        ('mixed', 1071, 'R'),
        ('mixed', 1079, '3uuk~m~~n'),
        ('mixed', 1094, 'u~w~~~b~~r'),
        ('mixed', 1116, 'k'),
        ('mixed', 1177, '3~k~~~k'),
        ('mixed', 1203, 'x'),
        ('mixed', 1230, 'm'),
        ('mixed', 1247, '3~3'),
        ('mixed', 1260, 'Ee')
$$;

-- several(): the characters that stand for several letters, and these.
create or replace function motjuste.several()
    returns table (written text, letters text)
    language sql
    immutable
    parallel safe
    rows 98
as $$
    select split_part(x.pair, '=', 1), split_part(x.pair, '=', 2)
    from string_to_table(replace('Ĳ=IJ ĳ=ij Ǆ=DZ ǆ=dz Ǉ=LJ ǉ=lj Ǌ=NJ ǌ=nj Ǳ=DZ ǳ=dz
Ⅱ=II Ⅲ=III Ⅳ=IV Ⅵ=VI Ⅶ=VII Ⅷ=VIII Ⅸ=IX Ⅺ=XI Ⅻ=XII ⅱ=ii
ⅲ=iii ⅳ=iv ⅵ=vi ⅶ=vii ⅷ=viii ⅸ=ix ⅺ=xi ⅻ=xii ⑩=10 ⑪=11
⑫=12 ⑬=13 ⑭=14 ⑮=15 ⑯=16 ⑰=17 ⑱=18 ⑲=19 ⑳=20 ⑽=10
⑾=11 ⑿=12 ⒀=13 ⒁=14 ⒂=15 ⒃=16 ⒄=17 ⒅=18 ⒆=19 ⒇=20
⒑=10 ⒒=11 ⒓=12 ⒔=13 ⒕=14 ⒖=15 ⒗=16 ⒘=17 ⒙=18 ⒚=19
⒛=20 ㉑=21 ㉒=22 ㉓=23 ㉔=24 ㉕=25 ㉖=26 ㉗=27 ㉘=28 ㉙=29
㉚=30 ㉛=31 ㉜=32 ㉝=33 ㉞=34 ㉟=35 ㊱=36 ㊲=37 ㊳=38 ㊴=39
㊵=40 ㊶=41 ㊷=42 ㊸=43 ㊹=44 ㊺=45 ㊻=46 ㊼=47 ㊽=48 ㊾=49
㊿=50 ﬀ=ff ﬁ=fi ﬂ=fl ﬃ=ffi ﬄ=ffl ﬅ=st ﬆ=st', E'\n', ' '), ' ') as x (pair)
$$;

-- named(): the characters that HTML has a name for, by it.
create or replace function motjuste.named()
    returns table (written text, letters text)
    language sql
    immutable
    parallel safe
    rows 623
as $$
    select split_part(x.pair, '=', 1), chr(('x' || lpad(split_part(x.pair, '=', 2), 8, '0'))::bit(32)::int)
    from string_to_table(replace('AElig=c6 AMP=26 Aacute=c1 Abreve=102 Acirc=c2 Acy=410 Afr=1d504 Agrave=c0 Alpha=391 Amacr=100
Aogon=104 Aopf=1d538 ApplyFunction=2061 Aring=c5 Ascr=1d49c Atilde=c3 Auml=c4 Bcy=411 Bernoullis=212c Beta=392
Bfr=1d505 Bopf=1d539 Bscr=212c Cacute=106 CapitalDifferentialD=2145 Cayleys=212d Ccaron=10c Ccedil=c7 Ccirc=108 Cdot=10a
Cfr=212d Chi=3a7 CloseCurlyDoubleQuote=201d CloseCurlyQuote=2019 Copf=2102 Cscr=1d49e DD=2145 DScy=405 Dcaron=10e Dfr=1d507
DiacriticalAcute=b4 DiacriticalGrave=60 DifferentialD=2146 Dopf=1d53b DotDot=20dc DownBreve=311 Dscr=1d49f Dstrok=110 ETH=d0 Eacute=c9
Ecaron=11a Ecirc=ca Ecy=42d Edot=116 Efr=1d508 Egrave=c8 Emacr=112 Eogon=118 Eopf=1d53c Epsilon=395
Escr=2130 Eta=397 Euml=cb ExponentialE=2147 Ffr=1d509 Fopf=1d53d Fouriertrf=2131 Fscr=2131 GT=3e Gammad=3dc
Gbreve=11e Gcedil=122 Gcirc=11c Gdot=120 Gfr=1d50a Gopf=1d53e Gscr=1d4a2 Hat=5e Hcirc=124 Hfr=210c
HilbertSpace=210b Hopf=210d Hscr=210b Hstrok=126 IEcy=415 IJlig=132 IOcy=401 Iacute=cd Icirc=ce Idot=130
Ifr=2111 Igrave=cc Im=2111 Imacr=12a ImaginaryI=2148 InvisibleComma=2063 InvisibleTimes=2062 Iogon=12e Iopf=1d540 Iota=399
Iscr=2110 Itilde=128 Iukcy=406 Iuml=cf Jcirc=134 Jfr=1d50d Jopf=1d541 Jscr=1d4a5 Jsercy=408 Jukcy=404
KHcy=425 KJcy=40c Kappa=39a Kcedil=136 Kcy=41a Kfr=1d50e Kopf=1d542 Kscr=1d4a6 LT=3c Lacute=139
Laplacetrf=2112 Lcaron=13d Lcedil=13b Lfr=1d50f Lmidot=13f Lopf=1d543 Lscr=2112 Lstrok=141 Mcy=41c MediumSpace=205f
Mellintrf=2133 Mfr=1d510 Mopf=1d544 Mscr=2133 Mu=39c Nacute=143 Ncaron=147 Ncedil=145 Ncy=41d NegativeMediumSpace=200b
NegativeThickSpace=200b NegativeThinSpace=200b NegativeVeryThinSpace=200b NewLine=a Nfr=1d511 NoBreak=2060 NonBreakingSpace=a0 Nopf=2115 NotEqual=2260 NotGreater=226f
NotLess=226e Nscr=1d4a9 Ntilde=d1 Nu=39d OElig=152 Oacute=d3 Ocirc=d4 Ocy=41e Odblac=150 Ofr=1d512
Ograve=d2 Omacr=14c Omicron=39f Oopf=1d546 OpenCurlyDoubleQuote=201c OpenCurlyQuote=2018 Oscr=1d4aa Oslash=d8 Otilde=d5 Ouml=d6
Pfr=1d513 Poincareplane=210c Popf=2119 Prime=2033 Pscr=1d4ab QUOT=22 Qfr=1d514 Qopf=211a Qscr=1d4ac Racute=154
Rcaron=158 Rcedil=156 Rcy=420 Re=211c Rfr=211c Rho=3a1 Ropf=211d Rscr=211b SOFTcy=42c Sacute=15a
Scaron=160 Scedil=15e Scirc=15c Scy=421 Sfr=1d516 Sopf=1d54a Sscr=1d4ae Tab=9 Tau=3a4 Tcaron=164
Tcedil=162 Tcy=422 Tfr=1d517 Theta=398 ThinSpace=2009 Topf=1d54b TripleDot=20db Tscr=1d4af Tstrok=166 Uacute=da
Ubrcy=40e Ubreve=16c Ucirc=db Ucy=423 Udblac=170 Ufr=1d518 Ugrave=d9 Umacr=16a UnderBar=5f Uogon=172
Uopf=1d54c Upsi=3d2 Upsilon=3a5 Uring=16e Uscr=1d4b0 Utilde=168 Uuml=dc Vcy=412 VerticalLine=7c VeryThinSpace=200a
Vfr=1d519 Vopf=1d54d Vscr=1d4b1 Wcirc=174 Wfr=1d51a Wopf=1d54e Wscr=1d4b2 Xfr=1d51b Xopf=1d54f Xscr=1d4b3
YAcy=42f YIcy=407 Yacute=dd Ycirc=176 Yfr=1d51c Yopf=1d550 Yscr=1d4b4 Yuml=178 Zacute=179 Zcaron=17d
Zcy=417 Zdot=17b ZeroWidthSpace=200b Zeta=396 Zfr=2128 Zopf=2124 Zscr=1d4b5 aacute=e1 abreve=103 acirc=e2
acute=b4 acy=430 af=2061 afr=1d51e agrave=e0 alpha=3b1 amacr=101 amp=26 angst=c5 aogon=105
aopf=1d552 apos=27 aring=e5 ascr=1d4b6 ast=2a atilde=e3 auml=e4 bcy=431 bdquo=201e bernou=212c
beta=3b2 bfr=1d51f bopf=1d553 bscr=1d4b7 bsol=5c cacute=107 ccaron=10d ccedil=e7 ccirc=109 cdot=10b
cfr=1d520 chi=3c7 circledS=24c8 colon=3a comma=2c commat=40 complexes=2102 copf=1d554 cscr=1d4b8 dash=2010
dcaron=10f dd=2146 deg=b0 delta=3b4 dfr=1d521 digamma=3dd dollar=24 dopf=1d555 dscr=1d4b9 dscy=455
dstrok=111 eacute=e9 ecaron=11b ecirc=ea ecy=44d edot=117 ee=2147 efr=1d522 egrave=e8 ell=2113
emacr=113 emsp13=2004 emsp14=2005 emsp=2003 ensp=2002 eogon=119 eopf=1d556 epsi=3b5 epsilon=3b5 epsiv=3f5
equals=3d escr=212f eta=3b7 eth=f0 euml=eb euro=20ac excl=21 expectation=2130 exponentiale=2147 ffilig=fb03
fflig=fb00 ffllig=fb04 ffr=1d523 filig=fb01 fllig=fb02 fnof=192 fopf=1d557 frasl=2044 fscr=1d4bb gacute=1f5
gamma=3b3 gammad=3dd gbreve=11f gcirc=11d gcy=433 gdot=121 gfr=1d524 gjcy=453 gopf=1d558 grave=60
gscr=210a gt=3e hairsp=200a hamilt=210b hbar=210f hcirc=125 hellip=2026 hfr=1d525 hopf=1d559 horbar=2015
hscr=1d4bd hslash=210f hstrok=127 hyphen=2010 iacute=ed ic=2063 icirc=ee icy=438 iecy=435 ifr=1d526
igrave=ec ii=2148 ijlig=133 imacr=12b image=2111 imagline=2110 imagpart=2111 imath=131 imped=1b5 inodot=131
integers=2124 iocy=451 iogon=12f iopf=1d55a iota=3b9 iscr=1d4be it=2062 itilde=129 iukcy=456 iuml=ef
jcirc=135 jcy=439 jfr=1d527 jmath=237 jopf=1d55b jscr=1d4bf jsercy=458 jukcy=454 kappa=3ba kappav=3f0
kcedil=137 kcy=43a kfr=1d528 khcy=445 kjcy=45c kopf=1d55c kscr=1d4c0 lacute=13a lagran=2112 lambda=3bb
laquo=ab lbrace=7b lbrack=5b lcaron=13e lcedil=13c lcub=7b ldquo=201c ldquor=201e lfr=1d529 lmidot=140
lopf=1d55d lowbar=5f lpar=28 lrm=200e lsaquo=2039 lscr=1d4c1 lsqb=5b lsquo=2018 lstrok=142 lt=3c
mcy=43c mdash=2014 mfr=1d52a midast=2a minus=2212 mldr=2026 mopf=1d55e mscr=1d4c2 mu=3bc nacute=144
naturals=2115 nbsp=a0 ncaron=148 ncedil=146 ncy=43d ndash=2013 ne=2260 nfr=1d52b ngt=226f ngtr=226f
nldr=2025 nless=226e nlt=226e nopf=1d55f nscr=1d4c3 ntilde=f1 nu=3bd num=23 numsp=2007 oS=24c8
oacute=f3 ocirc=f4 ocy=43e odblac=151 ofr=1d52c ograve=f2 omacr=14d omega=3c9 omicron=3bf oopf=1d560
order=2134 orderof=2134 ordf=aa ordm=ba oscr=2134 oslash=f8 otilde=f5 ouml=f6 pcy=43f percnt=25
period=2e pfr=1d52d phmmat=2133 pi=3c0 planck=210f planckh=210e plankv=210f plus=2b popf=1d561 prime=2032
primes=2119 pscr=1d4c5 puncsp=2008 qfr=1d52e qopf=1d562 qscr=1d4c6 quaternions=210d quest=3f quot=22 racute=155
raquo=bb rationals=211a rbrace=7d rbrack=5d rcaron=159 rcedil=157 rcub=7d rcy=440 rdquo=201d rdquor=201d
real=211c realine=211b realpart=211c reals=211d rfr=1d52f rho=3c1 rhov=3f1 rlm=200f ropf=1d563 rpar=29
rsaquo=203a rscr=1d4c7 rsqb=5d rsquo=2019 rsquor=2019 sacute=15b scaron=161 scedil=15f scirc=15d scy=441
semi=3b sfr=1d530 shcy=448 shy=ad sigma=3c3 softcy=44c sol=2f sopf=1d564 sscr=1d4c8 straightepsilon=3f5
sup1=b9 sup2=b2 sup3=b3 szlig=df tau=3c4 tcaron=165 tcedil=163 tcy=442 tdot=20db tfr=1d531
theta=3b8 thetasym=3d1 thetav=3d1 thinsp=2009 topf=1d565 tscr=1d4c9 tscy=446 tshcy=45b tstrok=167 uacute=fa
ubrcy=45e ubreve=16d ucirc=fb ucy=443 udblac=171 ufr=1d532 ugrave=f9 umacr=16b uogon=173 uopf=1d566
upsi=3c5 upsih=3d2 upsilon=3c5 uring=16f uscr=1d4ca utilde=169 uuml=fc varepsilon=3f5 varkappa=3f0 varrho=3f1
vartheta=3d1 vcy=432 verbar=7c vert=7c vfr=1d533 vopf=1d567 vscr=1d4cb wcirc=175 wfr=1d534 wopf=1d568
wscr=1d4cc xfr=1d535 xopf=1d569 xscr=1d4cd yacute=fd yacy=44f ycirc=177 yfr=1d536 yicy=457 yopf=1d56a
yscr=1d4ce yuml=ff zacute=17a zcaron=17e zcy=437 zdot=17c zeetrf=2128 zeta=3b6 zfr=1d537 zopf=1d56b
zscr=1d4cf zwj=200d zwnj=200c', E'\n', ' '), ' ') as x (pair)
$$;

-- misread(): what the UTF-8 of a character looks like where it is read by another encoding, and the character.
create or replace function motjuste.misread()
    returns table (written text, letters text)
    language sql
    immutable
    parallel safe
    rows 366
as $$
    select left(x.pair, -1), right(x.pair, 1)
    from string_to_table(replace(E'\u00c2\u00a0\u00a0|\u00c3\u0082\u00c2\u00a0\u00a0|\u00c3\u201a\u00c2\u00a0\u00a0|\u00c2\u00ab\u00ab|\u00c3\u0082\u00c2\u00ab\u00ab|\u00c3\u201a\u00c2\u00ab\u00ab|
\u00c2\u00b0\u00b0|\u00c3\u0082\u00c2\u00b0\u00b0|\u00c3\u201a\u00c2\u00b0\u00b0|\u00c2\u00b7\u00b7|\u00c3\u0082\u00c2\u00b7\u00b7|\u00c3\u201a\u00c2\u00b7\u00b7|
\u00c2\u00bb\u00bb|\u00c3\u0082\u00c2\u00bb\u00bb|\u00c3\u201a\u00c2\u00bb\u00bb|\u00c3\u0080\u00c0|\u00c3\u0083\u00c2\u0080\u00c0|\u00c3\u0083\u00e2\u0082\u00ac\u00c0|
\u00c3\u0192\u00c2\u20ac\u00c0|\u00c3\u0192\u00e2\u201a\u00ac\u00c0|\u00c3\u20ac\u00c0|\u221a\u00c4\u00c0|\u251c\u00c7\u00c0|\u00c3\u0081\u00c1|
\u00c3\u0083\u00c2\u0081\u00c1|\u00c3\u0192\u00c2\u0081\u00c1|\u221a\u00c5\u00c1|\u251c\u00fc\u00c1|\u00c3\u0082\u00c2|\u00c3\u0083\u00c2\u0082\u00c2|
\u00c3\u0083\u00e2\u0080\u009a\u00c2|\u00c3\u0192\u00c2\u201a\u00c2|\u00c3\u0192\u00e2\u20ac\u0161\u00c2|\u00c3\u201a\u00c2|\u221a\u00c7\u00c2|\u251c\u00e9\u00c2|
\u00c3\u0083\u00c2\u0084\u00c4|\u00c3\u0083\u00e2\u0080\u009e\u00c4|\u00c3\u0084\u00c4|\u00c3\u0192\u00c2\u201e\u00c4|\u00c3\u0192\u00e2\u20ac\u017e\u00c4|\u00c3\u201e\u00c4|
\u221a\u00d1\u00c4|\u251c\u00e4\u00c4|\u00c3\u0083\u00c2\u0086\u00c6|\u00c3\u0083\u00e2\u0080\u00a0\u00c6|\u00c3\u0086\u00c6|\u00c3\u0192\u00c2\u2020\u00c6|
\u00c3\u0192\u00e2\u20ac\u00a0\u00c6|\u00c3\u2020\u00c6|\u221a\u00dc\u00c6|\u251c\u00e5\u00c6|\u00c3\u0083\u00c2\u0087\u00c7|\u00c3\u0083\u00e2\u0080\u00a1\u00c7|
\u00c3\u0087\u00c7|\u00c3\u0192\u00c2\u2021\u00c7|\u00c3\u0192\u00e2\u20ac\u00a1\u00c7|\u00c3\u2021\u00c7|\u221a\u00e1\u00c7|\u251c\u00e7\u00c7|
\u00c3\u0083\u00c2\u0088\u00c8|\u00c3\u0083\u00cb\u0086\u00c8|\u00c3\u0088\u00c8|\u00c3\u0192\u00c2\u02c6\u00c8|\u00c3\u0192\u00cb\u2020\u00c8|\u00c3\u02c6\u00c8|
\u221a\u00e0\u00c8|\u251c\u00ea\u00c8|\u00c3\u0083\u00c2\u0089\u00c9|\u00c3\u0083\u00e2\u0080\u00b0\u00c9|\u00c3\u0089\u00c9|\u00c3\u0192\u00c2\u2030\u00c9|
\u00c3\u0192\u00e2\u20ac\u00b0\u00c9|\u00c3\u2030\u00c9|\u221a\u00e2\u00c9|\u251c\u00eb\u00c9|\u00c3\u0083\u00c2\u008a\u00ca|\u00c3\u0083\u00c5\u00a0\u00ca|
\u00c3\u008a\u00ca|\u00c3\u0160\u00ca|\u00c3\u0192\u00c2\u0160\u00ca|\u00c3\u0192\u00c5\u00a0\u00ca|\u221a\u00e4\u00ca|\u251c\u00e8\u00ca|
\u00c3\u0083\u00c2\u008b\u00cb|\u00c3\u0083\u00e2\u0080\u00b9\u00cb|\u00c3\u008b\u00cb|\u00c3\u0192\u00c2\u2039\u00cb|\u00c3\u0192\u00e2\u20ac\u00b9\u00cb|\u00c3\u2039\u00cb|
\u221a\u00e3\u00cb|\u251c\u00ef\u00cb|\u00c3\u0083\u00c2\u008d\u00cd|\u00c3\u008d\u00cd|\u00c3\u0192\u00c2\u008d\u00cd|\u221a\u00e7\u00cd|
\u251c\u00ec\u00cd|\u00c3\u0083\u00c2\u008e\u00ce|\u00c3\u0083\u00c5\u00bd\u00ce|\u00c3\u008e\u00ce|\u00c3\u017d\u00ce|\u00c3\u0192\u00c2\u017d\u00ce|
\u00c3\u0192\u00c5\u00bd\u00ce|\u221a\u00e9\u00ce|\u251c\u00c4\u00ce|\u00c3\u0083\u00c2\u008f\u00cf|\u00c3\u008f\u00cf|\u00c3\u0192\u00c2\u008f\u00cf|
\u221a\u00e8\u00cf|\u251c\u00c5\u00cf|\u00c3\u0083\u00c2\u0091\u00d1|\u00c3\u0083\u00e2\u0080\u0098\u00d1|\u00c3\u0091\u00d1|\u00c3\u0192\u00c2\u2018\u00d1|
\u00c3\u0192\u00e2\u20ac\u02dc\u00d1|\u00c3\u2018\u00d1|\u221a\u00eb\u00d1|\u251c\u00e6\u00d1|\u00c3\u0083\u00c2\u0093\u00d3|\u00c3\u0083\u00e2\u0080\u009c\u00d3|
\u00c3\u0093\u00d3|\u00c3\u0192\u00c2\u201c\u00d3|\u00c3\u0192\u00e2\u20ac\u0153\u00d3|\u00c3\u201c\u00d3|\u221a\u00ec\u00d3|\u251c\u00f4\u00d3|
\u00c3\u0083\u00c2\u0094\u00d4|\u00c3\u0083\u00e2\u0080\u009d\u00d4|\u00c3\u0094\u00d4|\u00c3\u0192\u00c2\u201d\u00d4|\u00c3\u0192\u00e2\u20ac\u009d\u00d4|\u00c3\u201d\u00d4|
\u221a\u00ee\u00d4|\u251c\u00f6\u00d4|\u00c3\u0083\u00c2\u0096\u00d6|\u00c3\u0083\u00e2\u0080\u0093\u00d6|\u00c3\u0096\u00d6|\u00c3\u0192\u00c2\u2013\u00d6|
\u00c3\u0192\u00e2\u20ac\u201c\u00d6|\u00c3\u2013\u00d6|\u221a\u00f1\u00d6|\u251c\u00fb\u00d6|\u00c3\u0083\u00c2\u0099\u00d9|\u00c3\u0083\u00e2\u0084\u00a2\u00d9|
\u00c3\u0099\u00d9|\u00c3\u0192\u00c2\u2122\u00d9|\u00c3\u0192\u00e2\u201e\u00a2\u00d9|\u00c3\u2122\u00d9|\u221a\u00f4\u00d9|\u251c\u00d6\u00d9|
\u00c3\u0083\u00c2\u009a\u00da|\u00c3\u0083\u00c5\u00a1\u00da|\u00c3\u009a\u00da|\u00c3\u0161\u00da|\u00c3\u0192\u00c2\u0161\u00da|\u00c3\u0192\u00c5\u00a1\u00da|
\u221a\u00f6\u00da|\u251c\u00dc\u00da|\u00c3\u0083\u00c2\u009b\u00db|\u00c3\u0083\u00e2\u0080\u00ba\u00db|\u00c3\u009b\u00db|\u00c3\u0192\u00c2\u203a\u00db|
\u00c3\u0192\u00e2\u20ac\u00ba\u00db|\u00c3\u203a\u00db|\u221a\u00f5\u00db|\u251c\u00f8\u00db|\u00c3\u0083\u00c2\u009c\u00dc|\u00c3\u0083\u00c5\u0093\u00dc|
\u00c3\u009c\u00dc|\u00c3\u0153\u00dc|\u00c3\u0192\u00c2\u0153\u00dc|\u00c3\u0192\u00c5\u201c\u00dc|\u221a\u00fa\u00dc|\u251c\u00a3\u00dc|
\u00c3\u0083\u00c2\u00a0\u00e0|\u00c3\u00a0\u00e0|\u00c3\u0192\u00c2\u00a0\u00e0|\u221a\u2020\u00e0|\u251c\u00e1\u00e0|\u00c3\u0083\u00c2\u00a1\u00e1|
\u00c3\u00a1\u00e1|\u00c3\u0192\u00c2\u00a1\u00e1|\u221a\u00b0\u00e1|\u251c\u00ed\u00e1|\u00c3\u0083\u00c2\u00a2\u00e2|\u00c3\u00a2\u00e2|
\u00c3\u0192\u00c2\u00a2\u00e2|\u221a\u00a2\u00e2|\u251c\u00f3\u00e2|\u00c3\u0083\u00c2\u00a3\u00e3|\u00c3\u00a3\u00e3|\u00c3\u0192\u00c2\u00a3\u00e3|
\u221a\u00a3\u00e3|\u251c\u00fa\u00e3|\u00c3\u0083\u00c2\u00a4\u00e4|\u00c3\u00a4\u00e4|\u00c3\u0192\u00c2\u00a4\u00e4|\u221a\u00a7\u00e4|
\u251c\u00f1\u00e4|\u00c3\u0083\u00c2\u00a6\u00e6|\u00c3\u00a6\u00e6|\u00c3\u0192\u00c2\u00a6\u00e6|\u221a\u00b6\u00e6|\u251c\u00aa\u00e6|
\u00c3\u0083\u00c2\u00a7\u00e7|\u00c3\u00a7\u00e7|\u00c3\u0192\u00c2\u00a7\u00e7|\u221a\u00df\u00e7|\u251c\u00ba\u00e7|\u00c3\u0083\u00c2\u00a8\u00e8|
\u00c3\u00a8\u00e8|\u00c3\u0192\u00c2\u00a8\u00e8|\u221a\u00ae\u00e8|\u251c\u00bf\u00e8|\u00c3\u0083\u00c2\u00a9\u00e9|\u00c3\u00a9\u00e9|
\u00c3\u0192\u00c2\u00a9\u00e9|\u221a\u00a9\u00e9|\u251c\u00ae\u00e9|\u00c3\u0083\u00c2\u00aa\u00ea|\u00c3\u00aa\u00ea|\u00c3\u0192\u00c2\u00aa\u00ea|
\u221a\u2122\u00ea|\u251c\u00ac\u00ea|\u00c3\u0083\u00c2\u00ab\u00eb|\u00c3\u00ab\u00eb|\u00c3\u0192\u00c2\u00ab\u00eb|\u221a\u00b4\u00eb|
\u251c\u00bd\u00eb|\u00c3\u0083\u00c2\u00ad\u00ed|\u00c3\u00ad\u00ed|\u00c3\u0192\u00c2\u00ad\u00ed|\u221a\u2260\u00ed|\u251c\u00a1\u00ed|
\u00c3\u0083\u00c2\u00ae\u00ee|\u00c3\u00ae\u00ee|\u00c3\u0192\u00c2\u00ae\u00ee|\u221a\u00c6\u00ee|\u251c\u00ab\u00ee|\u00c3\u0083\u00c2\u00af\u00ef|
\u00c3\u00af\u00ef|\u00c3\u0192\u00c2\u00af\u00ef|\u221a\u00d8\u00ef|\u251c\u00bb\u00ef|\u00c3\u0083\u00c2\u00b1\u00f1|\u00c3\u00b1\u00f1|
\u00c3\u0192\u00c2\u00b1\u00f1|\u221a\u00b1\u00f1|\u251c\u2592\u00f1|\u00c3\u0083\u00c2\u00b3\u00f3|\u00c3\u00b3\u00f3|\u00c3\u0192\u00c2\u00b3\u00f3|
\u221a\u2265\u00f3|\u251c\u2502\u00f3|\u00c3\u0083\u00c2\u00b4\u00f4|\u00c3\u00b4\u00f4|\u00c3\u0192\u00c2\u00b4\u00f4|\u221a\u00a5\u00f4|
\u251c\u2524\u00f4|\u00c3\u0083\u00c2\u00b5\u00f5|\u00c3\u00b5\u00f5|\u00c3\u0192\u00c2\u00b5\u00f5|\u221a\u00b5\u00f5|\u251c\u00c1\u00f5|
\u00c3\u0083\u00c2\u00b6\u00f6|\u00c3\u00b6\u00f6|\u00c3\u0192\u00c2\u00b6\u00f6|\u221a\u2202\u00f6|\u251c\u00c2\u00f6|\u00c3\u0083\u00c2\u00b9\u00f9|
\u00c3\u00b9\u00f9|\u00c3\u0192\u00c2\u00b9\u00f9|\u221a\u03c0\u00f9|\u251c\u2563\u00f9|\u00c3\u0083\u00c2\u00ba\u00fa|\u00c3\u00ba\u00fa|
\u00c3\u0192\u00c2\u00ba\u00fa|\u221a\u222b\u00fa|\u251c\u2551\u00fa|\u00c3\u0083\u00c2\u00bb\u00fb|\u00c3\u00bb\u00fb|\u00c3\u0192\u00c2\u00bb\u00fb|
\u221a\u00aa\u00fb|\u251c\u2557\u00fb|\u00c3\u0083\u00c2\u00bc\u00fc|\u00c3\u00bc\u00fc|\u00c3\u0192\u00c2\u00bc\u00fc|\u221a\u00ba\u00fc|
\u251c\u255d\u00fc|\u00c3\u0083\u00c2\u00bf\u00ff|\u00c3\u00bf\u00ff|\u00c3\u0192\u00c2\u00bf\u00ff|\u221a\u00f8\u00ff|\u251c\u2510\u00ff|
\u00c3\u0085\u00c2\u0092\u0152|\u00c3\u0085\u00e2\u0080\u0099\u0152|\u00c3\u2026\u00c2\u2019\u0152|\u00c3\u2026\u00e2\u20ac\u2122\u0152|\u00c5\u0092\u0152|\u00c5\u2019\u0152|
\u2248\u00ed\u0152|\u253c\u00c6\u0152|\u00c3\u0085\u00c2\u0093\u0153|\u00c3\u0085\u00e2\u0080\u009c\u0153|\u00c3\u2026\u00c2\u201c\u0153|\u00c3\u2026\u00e2\u20ac\u0153\u0153|
\u00c5\u0093\u0153|\u00c5\u201c\u0153|\u2248\u00ec\u0153|\u253c\u00f4\u0153|\u00c3\u0085\u00c2\u00b8\u0178|\u00c3\u2026\u00c2\u00b8\u0178|
\u00c5\u00b8\u0178|\u2248\u220f\u0178|\u253c\u00a9\u0178|\u00c3\u00a2\u00c2\u0080\u00c2\u0093\u2013|\u00c3\u00a2\u00c2\u20ac\u00c2\u201c\u2013|\u00c3\u00a2\u00e2\u0082\u00ac\u00e2\u0080\u009c\u2013|
\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u20ac\u0153\u2013|\u00e2\u0080\u0093\u2013|\u00c3\u00a2\u00c2\u0080\u00c2\u0094\u2014|\u00c3\u00a2\u00c2\u20ac\u00c2\u201d\u2014|\u00c3\u00a2\u00e2\u0082\u00ac\u00e2\u0080\u009d\u2014|\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u20ac\u009d\u2014|
\u00e2\u0080\u0094\u2014|\u00c3\u00a2\u00c2\u0080\u00c2\u0098\u2018|\u00c3\u00a2\u00c2\u20ac\u00c2\u02dc\u2018|\u00c3\u00a2\u00e2\u0082\u00ac\u00cb\u009c\u2018|\u00c3\u00a2\u00e2\u201a\u00ac\u00cb\u0153\u2018|\u00e2\u0080\u0098\u2018|
\u00e2\u20ac\u02dc\u2018|\u00c3\u00a2\u00c2\u0080\u00c2\u0099\u2019|\u00c3\u00a2\u00c2\u20ac\u00c2\u2122\u2019|\u00c3\u00a2\u00e2\u0082\u00ac\u00e2\u0084\u00a2\u2019|\u00c3\u00a2\u00e2\u201a\u00ac\u00e2\u201e\u00a2\u2019|\u00e2\u0080\u0099\u2019|
\u00e2\u20ac\u2122\u2019|\u00c3\u00a2\u00c2\u0080\u00c2\u009c\u201c|\u00c3\u00a2\u00c2\u20ac\u00c2\u0153\u201c|\u00c3\u00a2\u00e2\u0082\u00ac\u00c5\u0093\u201c|\u00c3\u00a2\u00e2\u201a\u00ac\u00c5\u201c\u201c|\u00e2\u0080\u009c\u201c|
\u00c3\u00a2\u00c2\u0080\u00c2\u009d\u201d|\u00c3\u00a2\u00c2\u20ac\u00c2\u009d\u201d|\u00c3\u00a2\u00e2\u0082\u00ac\u00c2\u009d\u201d|\u00c3\u00a2\u00e2\u201a\u00ac\u00c2\u009d\u201d|\u00e2\u0080\u009d\u201d|\u00e2\u20ac\u009d\u201d|
\u00c3\u00a2\u00c2\u0080\u00c2\u00a6\u2026|\u00c3\u00a2\u00c2\u20ac\u00c2\u00a6\u2026|\u00c3\u00a2\u00e2\u0082\u00ac\u00c2\u00a6\u2026|\u00c3\u00a2\u00e2\u201a\u00ac\u00c2\u00a6\u2026|\u00e2\u0080\u00a6\u2026|\u00e2\u20ac\u00a6\u2026|
\u00c3\u00a2\u00c2\u0080\u00c2\u00af\u202f|\u00c3\u00a2\u00c2\u20ac\u00c2\u00af\u202f|\u00c3\u00a2\u00e2\u0082\u00ac\u00c2\u00af\u202f|\u00c3\u00a2\u00e2\u201a\u00ac\u00c2\u00af\u202f|\u00e2\u0080\u00af\u202f|\u00e2\u20ac\u00af\u202f|
\u00c3\u00a2\u00c2\u0082\u00c2\u00ac\u20ac|\u00c3\u00a2\u00c2\u201a\u00c2\u00ac\u20ac|\u00c3\u00a2\u00e2\u0080\u009a\u00c2\u00ac\u20ac|\u00c3\u00a2\u00e2\u20ac\u0161\u00c2\u00ac\u20ac|\u00e2\u0082\u00ac\u20ac|\u00e2\u201a\u00ac\u20ac', E'\n', ''), '|') as x (pair)
$$;
