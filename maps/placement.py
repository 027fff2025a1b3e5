"""Words for what became of the households of a register."""

from collections.abc import Mapping

from geo.specification import Label

#: What became of a household's place, by reason of a placement report.
PLACEMENT_LABELS: Mapping[str, Label] = {
    "no_coordinates": Label("tanpa koordinat", "without coordinates"),
    "coordinates_unreadable": Label("koordinat tidak terbaca", "coordinates unreadable"),
    "coordinates_zero": Label("koordinat 0,0", "coordinates 0,0"),
    "coordinates_swapped": Label("lintang dan bujur tertukar", "latitude and longitude swapped"),
    "coordinates_outside": Label("koordinat di luar semua wilayah", "coordinates outside all places"),
    "coordinates_abroad": Label("koordinat di luar Indonesia", "coordinates outside Indonesia"),
    "coordinates_hemisphere": Label(
        "lintang dengan tanda terbalik (utara dan selatan)", "latitude with the wrong sign (north and south)"
    ),
    "coordinates_metres": Label("koordinat dalam meter UTM", "coordinates in UTM metres"),
    "coordinates_decimal_comma": Label("koordinat dengan koma desimal", "coordinates with decimal commas"),
    "coordinates_dms": Label(
        "koordinat dalam derajat, menit, detik", "coordinates in degrees, minutes, seconds"
    ),
    "by_rw": Label("ditempatkan di RW yang disebut alamatnya", "placed in the RW that the address names"),
    "household_without_key": Label(
        "keluarga tanpa nomor keluarga yang dapat dipakai", "families without a usable key"
    ),
    "repeated_household": Label(
        "keluarga yang tercatat lagi dengan isi yang sama", "families recorded again with the same contents"
    ),
    "key_of_several_households": Label(
        "keluarga lain dengan nomor keluarga yang sama", "other families under the same key"
    ),
    "without_members": Label(
        "keluarga tanpa anggota di berkas anggota", "families without members in the file of members"
    ),
    "members_without_household": Label(
        "anggota tanpa keluarga di berkas keluarga", "members without a family in the file of families"
    ),
    "members_without_key": Label(
        "anggota tanpa nomor keluarga yang dapat dipakai", "members without a usable key"
    ),
    "refused_coordinates": Label(
        "ditolak: koordinatnya tidak dapat dipakai", "refused: its coordinates cannot be used"
    ),
    "near_border": Label(
        "koordinat hingga 30 m di luar batas, dihitung di dalamnya",
        "coordinates up to 30 m outside the border, counted inside",
    ),
    "point_in_other_unit": Label(
        "titik di wilayah lain dari kodenya", "point in another place than its code"
    ),
    "unknown_code_but_located": Label("kode tidak dikenal, tetapi ada titik", "unknown code, but located"),
    "refused_no_code": Label(
        "ditolak: tanpa kode dan tanpa koordinat", "refused: neither code nor coordinates"
    ),
    "refused_unknown_code": Label(
        "ditolak: kode tidak dikenal dan tanpa koordinat", "refused: unknown code and no coordinates"
    ),
}
