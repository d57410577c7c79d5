/** Descriptors cannot be used. Its message is a sentence without its subject and full stop, such as `is empty`. */
export class DescriptorFault extends Error {
  override readonly name = 'DescriptorFault';
}
