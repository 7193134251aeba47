@main struct FieldApp { static func main() async {} }
